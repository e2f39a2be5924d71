"""The table of networks that visits come from: names, hosts, Android packages and other spellings; `finding` reads it.

Adding a network is one row. A name, host, package or alias stands once in the table, which a test sees to. A changed
row changes groups, so it raises `grouping.GROUPING_VERSION`. The rows are our own, begun from Matomo's list (CC0).
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What people do on a network; decides the channel group."""

    SOCIAL = "social"
    CHAT = "chat"
    VIDEO = "video"
    SEARCH = "search"
    SHOPPING = "shopping"
    EMAIL = "email"
    AI = "ai"


@dataclass(frozen=True, slots=True)
class Network:
    """A network under its canonical name, which is the source it is reported as.

    `hosts` stand for all hosts below them too. `country_hosts` are hosts of one name in many countries: `google` for
    google.com, google.de, google.co.id and google.com.sg. `aliases` are other spellings of the source, as `fold` leaves
    them.
    """

    name: str
    kind: Kind
    hosts: tuple[str, ...] = ()
    country_hosts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def _network(
    name: str, kind: Kind, hosts: str = "", *, countries: str = "", packages: str = "", aliases: str = ""
) -> Network:
    return Network(
        name,
        kind,
        tuple(hosts.split()),
        tuple(countries.split()),
        tuple(packages.split()),
        tuple(aliases.split()),
    )


NETWORKS = (
    _network(
        "instagram",
        Kind.SOCIAL,
        "instagram.com ig.me",
        packages="com.instagram.android com.instagram.lite",
        aliases="ig insta instagram-story instagram-stories instagram-reels ig-bio ig-story ig-stories ig-reels",
    ),
    _network(
        "facebook",
        Kind.SOCIAL,
        "facebook.com fb.com fb.me fb.watch fb.gg",
        packages="com.facebook.katana com.facebook.lite",
        aliases="fb fesbuk face-book fb-group fb-grup grup-fb facebook-group",
    ),
    # Facebook and Instagram share their advertising and their click id; which of the two it was is not said.
    _network("meta", Kind.SOCIAL),
    _network("threads", Kind.SOCIAL, "threads.net threads.com", packages="com.instagram.barcelona"),
    _network(
        "tiktok",
        Kind.SOCIAL,
        "tiktok.com tiktokv.com",
        # trill is TikTok in South-East Asia, musically everywhere else.
        packages="com.ss.android.ugc.trill com.zhiliaoapp.musically com.zhiliaoapp.musically.go com.tiktok.lite.go",
        aliases="tt tik-tok tiktok-bio",
    ),
    _network(
        "x",
        Kind.SOCIAL,
        "x.com twitter.com t.co",
        packages="com.twitter.android com.twitter.android.lite",
        aliases="twitter twt tw x-twitter twitter-x",
    ),
    _network("linkedin", Kind.SOCIAL, "linkedin.com lnkd.in", packages="com.linkedin.android", aliases="linked-in"),
    _network("pinterest", Kind.SOCIAL, "pin.it", countries="pinterest", packages="com.pinterest", aliases="pin"),
    _network("snapchat", Kind.SOCIAL, "snapchat.com", packages="com.snapchat.android", aliases="snap"),
    _network("reddit", Kind.SOCIAL, "reddit.com redd.it", packages="com.reddit.frontpage"),
    _network("quora", Kind.SOCIAL, "quora.com qr.ae", packages="com.quora.android"),
    _network("kaskus", Kind.SOCIAL, "kaskus.co.id kaskus.com", packages="com.kaskus.android"),
    _network("bluesky", Kind.SOCIAL, "bsky.app bsky.social", packages="xyz.blueskyweb.app", aliases="bsky"),
    _network(
        "mastodon",
        Kind.SOCIAL,
        "mastodon.social mastodon.online mastodon.world mstdn.social mas.to fosstodon.org mastodon.cloud",
        packages="org.joinmastodon.android",
    ),
    _network(
        "snackvideo",
        Kind.SOCIAL,
        "snackvideo.com sck.io kwai.com",
        packages="com.kwai.bulldog",
        aliases="snack-video kwai",
    ),
    _network("likee", Kind.SOCIAL, "likee.video likee.com", packages="video.like"),
    _network("lemon8", Kind.SOCIAL, "lemon8-app.com", packages="com.bd.nproject", aliases="lemon-8"),
    _network("vk", Kind.SOCIAL, "vk.com vkontakte.ru", packages="com.vkontakte.android", aliases="vkontakte"),
    _network("odnoklassniki", Kind.SOCIAL, "ok.ru odnoklassniki.ru", packages="ru.ok.android"),
    _network("weibo", Kind.SOCIAL, "weibo.com weibo.cn t.cn", packages="com.sina.weibo"),
    _network("xiaohongshu", Kind.SOCIAL, "xiaohongshu.com xhslink.com", packages="com.xingin.xhs", aliases="rednote"),
    _network("tumblr", Kind.SOCIAL, "tumblr.com", packages="com.tumblr"),
    _network("flickr", Kind.SOCIAL, "flickr.com flic.kr", packages="com.flickr.android"),
    # Social media in general, for a source that names no network.
    _network(
        "social-media",
        Kind.SOCIAL,
        aliases="medsos sosmed socmed media-sosial sosial-media social socials social-network",
    ),
    _network(
        "whatsapp",
        Kind.CHAT,
        "whatsapp.com wa.me whatsapp.net wl.co",
        packages="com.whatsapp com.whatsapp.w4b",
        aliases="wa wag whats-app wa-group wa-grup grup-wa wa-status status-wa wa-story wa-blast wa-business"
        " whatsapp-group whatsapp-grup grup-whatsapp whatsapp-status whatsapp-business",
    ),
    _network(
        "telegram",
        Kind.CHAT,
        "t.me telegram.org telegram.me telegram.dog",
        packages="org.telegram.messenger org.telegram.messenger.web org.telegram.plus org.thunderdog.challegram",
        aliases="tele tg telegram-group telegram-grup grup-telegram",
    ),
    _network(
        "messenger",
        Kind.CHAT,
        "messenger.com m.me",
        packages="com.facebook.orca com.facebook.mlite",
        aliases="fb-messenger facebook-messenger msg",
    ),
    _network("line", Kind.CHAT, "line.me lin.ee", packages="jp.naver.line.android com.linecorp.linelite"),
    _network("discord", Kind.CHAT, "discord.com discordapp.com discord.gg", packages="com.discord"),
    _network("signal", Kind.CHAT, "signal.me signal.group", packages="org.thoughtcrime.securesms"),
    _network("wechat", Kind.CHAT, "wechat.com weixin.qq.com", packages="com.tencent.mm", aliases="weixin"),
    _network("viber", Kind.CHAT, "viber.com", packages="com.viber.voip"),
    _network("kakaotalk", Kind.CHAT, "kakao.com", packages="com.kakao.talk", aliases="kakao"),
    _network("michat", Kind.CHAT, "michat.sg", packages="com.michatapp.im", aliases="mi-chat"),
    _network("slack", Kind.CHAT, "slack.com", packages="com.slack"),
    _network("teams", Kind.CHAT, "teams.microsoft.com teams.live.com", packages="com.microsoft.teams"),
    _network(
        "youtube",
        Kind.VIDEO,
        "youtube.com youtu.be youtube-nocookie.com",
        packages="com.google.android.youtube com.google.android.apps.youtube.mango",
        aliases="yt ytb you-tube yt-shorts youtube-shorts",
    ),
    _network("vimeo", Kind.VIDEO, "vimeo.com", packages="com.vimeo.android.videoapp"),
    _network("vidio", Kind.VIDEO, "vidio.com", packages="com.vidio.android"),
    _network("dailymotion", Kind.VIDEO, "dailymotion.com dai.ly", packages="com.dailymotion.dailymotion"),
    _network("twitch", Kind.VIDEO, "twitch.tv", packages="tv.twitch.android.app"),
    _network("bilibili", Kind.VIDEO, "bilibili.tv bilibili.com b23.tv", packages="com.bstar.intl tv.danmaku.bili"),
    _network(
        "google",
        Kind.SEARCH,
        countries="google",
        packages="com.google.android.googlequicksearchbox com.google.android.apps.searchlite",
    ),
    _network("bing", Kind.SEARCH, "bing.com", packages="com.microsoft.bing"),
    _network("yahoo", Kind.SEARCH, countries="yahoo", packages="com.yahoo.mobile.client.android.search"),
    _network("duckduckgo", Kind.SEARCH, "duckduckgo.com ddg.gg", aliases="ddg"),
    _network("ecosia", Kind.SEARCH, "ecosia.org"),
    _network("yandex", Kind.SEARCH, "ya.ru", countries="yandex", packages="ru.yandex.searchplugin"),
    _network("baidu", Kind.SEARCH, "baidu.com", packages="com.baidu.searchbox"),
    _network("brave", Kind.SEARCH, "search.brave.com"),
    _network("startpage", Kind.SEARCH, "startpage.com"),
    _network("qwant", Kind.SEARCH, "qwant.com"),
    _network("kagi", Kind.SEARCH, "kagi.com"),
    _network("naver", Kind.SEARCH, "search.naver.com", packages="com.nhn.android.search"),
    _network("sogou", Kind.SEARCH, "sogou.com"),
    _network("petal", Kind.SEARCH, "petalsearch.com", aliases="petal-search"),
    _network(
        "shopee",
        Kind.SHOPPING,
        "shope.ee shp.ee",
        countries="shopee",
        packages="com.shopee.id com.shopee.my com.shopee.sg",
    ),
    _network(
        "tokopedia", Kind.SHOPPING, "tokopedia.com tokopedia.link", packages="com.tokopedia.tkpd", aliases="tokped"
    ),
    _network("bukalapak", Kind.SHOPPING, "bukalapak.com", packages="com.bukalapak.android"),
    _network("lazada", Kind.SHOPPING, countries="lazada", packages="com.lazada.android"),
    _network("blibli", Kind.SHOPPING, "blibli.com", packages="blibli.mobile.commerce"),
    _network("zalora", Kind.SHOPPING, countries="zalora", packages="com.zalora.android"),
    _network("aliexpress", Kind.SHOPPING, "aliexpress.com", packages="com.alibaba.aliexpresshd"),
    _network("alibaba", Kind.SHOPPING, "alibaba.com", packages="com.alibaba.intl.android.apps.poseidon"),
    _network("amazon", Kind.SHOPPING, countries="amazon", packages="com.amazon.mshop.android.shopping"),
    _network("ebay", Kind.SHOPPING, countries="ebay", packages="com.ebay.mobile"),
    _network(
        "gmail",
        Kind.EMAIL,
        "mail.google.com inbox.google.com",
        packages="com.google.android.gm com.google.android.gm.lite",
        aliases="google-mail",
    ),
    _network(
        "outlook",
        Kind.EMAIL,
        "outlook.com outlook.live.com outlook.office.com outlook.office365.com mail.live.com hotmail.com",
        packages="com.microsoft.office.outlook",
        aliases="hotmail",
    ),
    _network(
        "yahoo-mail",
        Kind.EMAIL,
        "mail.yahoo.com mail.yahoo.co.id mail.yahoo.co.jp",
        packages="com.yahoo.mobile.client.android.mail",
        aliases="ymail",
    ),
    _network("proton-mail", Kind.EMAIL, "mail.proton.me", packages="ch.protonmail.android", aliases="protonmail"),
    # E-mail in general, for a source that names no service; `surel` is the Indonesian word.
    _network("email", Kind.EMAIL, packages="com.samsung.android.email.provider", aliases="e-mail surel"),
    _network("newsletter", Kind.EMAIL, aliases="buletin"),
    _network(
        "chatgpt",
        Kind.AI,
        "chatgpt.com chat.openai.com",
        packages="com.openai.chatgpt",
        aliases="chat-gpt openai",
    ),
    _network("gemini", Kind.AI, "gemini.google.com bard.google.com", packages="com.google.android.apps.bard"),
    _network("perplexity", Kind.AI, "perplexity.ai", packages="ai.perplexity.app.android"),
    _network("copilot", Kind.AI, "copilot.microsoft.com copilot.com", packages="com.microsoft.copilot"),
    _network("claude", Kind.AI, "claude.ai claude.com", packages="com.anthropic.claude"),
    _network("deepseek", Kind.AI, "deepseek.com", packages="com.deepseek.chat"),
    _network("grok", Kind.AI, "grok.com", packages="ai.x.grok"),
    _network("meta-ai", Kind.AI, "meta.ai"),
    _network("mistral", Kind.AI, "chat.mistral.ai", packages="ai.mistral.chat"),
    _network("poe", Kind.AI, "poe.com", packages="com.poe.android"),
)

# Sites on a network's domain that are none of it: nobody searched for a link in a shared document or a school's class.
PLAIN_SITES = frozenset(
    {
        "accounts.google.com",
        "calendar.google.com",
        "classroom.google.com",
        "docs.google.com",
        "drive.google.com",
        "groups.google.com",
        "meet.google.com",
        "sites.google.com",
        "translate.google.com",
        "today.line.me",
    }
)

# Query parameters with which a network marks the links that people tap, and the network; of several the first counts.
# fbclid comes last: where another is present too, that one says more exactly where the visit was.
CLICK_IDS = {
    "igsh": "instagram",
    "igshid": "instagram",
    "ttclid": "tiktok",
    "twclid": "x",
    "li_fat_id": "linkedin",
    "sccid": "snapchat",
    "rdt_cid": "reddit",
    "epik": "pinterest",
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "dclid": "google",
    "msclkid": "bing",
    "yclid": "yandex",
    "fbclid": "meta",
}
