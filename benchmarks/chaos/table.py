"""All chaos scenarios by name, in the order in which `python -m benchmarks.chaos` runs them."""

from benchmarks.chaos import log_scenarios, scenarios
from benchmarks.chaos.scenarios import Scenario

SCENARIOS: dict[str, Scenario] = {
    "kill-postgres": scenarios.kill_postgres,
    "kill-worker": scenarios.kill_worker,
    "kill-everything": scenarios.kill_everything,
    "freeze-postgres": scenarios.freeze_postgres,
    "damage-journals": scenarios.damage_journals,
    "kill-drainer": scenarios.kill_drainer,
    "terminate": scenarios.terminate,
    # Last, since nobody reads the log of the server afterwards.
    "lose-log-reader": log_scenarios.lose_log_reader,
}
# On small disks of their own: one for PostgreSQL and the log, one for the journals.
DISK_SCENARIOS: dict[str, Scenario] = {
    "fill-data-disk": scenarios.fill_data_disk,
    "fill-journal-disk": scenarios.fill_journal_disk,
    "fill-all-disks": log_scenarios.fill_all_disks,
}
