"""Where an exception was raised, for logs. Its message is not logged, since it can contain personal data."""


def crash_place(error: BaseException) -> str:
    """File and line of the raise, such as `/srv/jaring/api/main.py:12`; empty for an exception without traceback."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else ""
