"""HTTP libraries, command-line tools, load generators and driven browsers.

Used by classifier.py. All entries are lower case. To add one, add a line and increase RULES_VERSION.
"""

import re

ANYWHERE = (
    # Browsers driven by a program
    "headlesschrome",
    "phantomjs",
    "slimerjs",
    "casperjs",
    "puppeteer",
    "playwright",
    "selenium",
    "webdriver",
    "zombie.js",
    "htmlunit",
    "wkhtmlto",
    "webkit2png",
    "cutycapt",
    "jsdom",
    "cypress/",
    # Libraries that appear behind other names
    "python-requests",
    "python-urllib",
    "python-httpx",
    "aiohttp",
    "go-http-client",
    "libwww-perl",
    "lwp::",
    "apache-httpclient",
    "commons-httpclient",
    "jakarta commons",
    "reactornetty",
    "guzzlehttp",
    "node-fetch",
    "sindresorhus/got",
    "winhttp",
    "powershell/",
    "typhoeus",
    "scrapy",
    # Load-testing and security tools
    "apachebench",
    "siege/",
    "zgrab",
    "masscan",
    "sqlmap",
    "nikto",
    "nuclei",
    "burpcollaborator",
    "assetnote/",
    "jndi:",
    "<?=",
    "<?php",
)

# At the start of the agent, a library is the client itself. Behind an app's name and a phone's model it is only what
# that app uses for HTTP, which does not tell whether a person is waiting.
AT_THE_START = (
    "androiddownloadmanager/",
    "applecoremedia/",
    "aria2",
    "axios",
    "bun/",
    "cpp-httplib",
    "curl",
    "dart/",
    "deno/",
    "exoplayer",
    "faraday",
    "fasthttp",
    "gentlent",
    "go ",
    "google-http-java-client",
    "got ",
    "got/",
    "gradle/",
    "hackney",
    "http.rb",
    "http_request",
    "httpclient",
    "httpie",
    "httpx",
    "insomnia",
    "java",
    "jetty/",
    "k6/",
    "ktor",
    "kube-probe",
    "lavf/",
    "libcurl",
    "lua-resty",
    "mechanize",
    "mikrotik",
    "mozilliqa",
    "networkingextension/",
    "nmap",
    "node",
    "okhttp",
    "pecl::",
    "perl",
    "php",
    "postmanruntime",
    "powershell",
    "pycurl",
    "python",
    "rest-client",
    "restsharp",
    "ruby",
    "stagefright/",
    "superagent",
    "undici",
    "unirest",
    "unityplayer/",
    "ureq/",
    "urlgrabber",
    "vegeta",
    "webcollage",
    "wget",
)

# What the phones' own HTTP libraries say if the app says nothing else: Apple's "App/1 CFNetwork/1474 Darwin/23.0.0",
# those of AFNetworking and Alamofire, and Android's Dalvik. A browser, and a WebView in an app, always begins with
# "Mozilla/". Some apps fetch pages for their WebView with Dalvik, so one that names its app is no robot.
BROWSERS_BEGIN = "mozilla/"
APPLES_LIBRARIES = re.compile(
    r"\bcfnetwork/\d|\balamofire/\d|\((?:iphone|ipad|ipod touch); ios [\d.]+; scale/[\d.]+\)$"
)
ANDROIDS_LIBRARY = "dalvik/"


def is_phones_library(lowered: str, app: str | None) -> bool:
    """Whether an app, or the phone itself, fetches for itself; `app` is the one that the agent names."""
    if lowered.startswith(ANDROIDS_LIBRARY):
        return app is None
    return not lowered.startswith(BROWSERS_BEGIN) and APPLES_LIBRARIES.search(lowered) is not None
