"""The table of networks that visits come from, with names, hosts, Android packages and aliases. Used by `lookup`.

Pure data. To add a network, add a row. Each name, host, package and alias occurs once; a test checks it. A changed row
can change groups, so increase `channel_groups.GROUPING_VERSION` with it. The rows started from Matomo's list (CC0).
"""

from dataclasses import dataclass
from enum import StrEnum


class NetworkKind(StrEnum):
    """What a network is used for; decides the channel group."""

    SOCIAL = "social"
    CHAT = "chat"
    SMS = "sms"
    VIDEO = "video"
    SEARCH = "search"
    SHOPPING = "shopping"
    EMAIL = "email"
    AI = "ai"


@dataclass(frozen=True, slots=True)
class Network:
    """A network. `name` is the source that it is reported as.

    `hosts` include all hosts below them. `country_hosts` are one name under many country endings: `google` stands for
    google.com, google.de, google.co.id and google.com.sg. `aliases` are other spellings of the source, folded.
    """

    name: str
    kind: NetworkKind
    hosts: tuple[str, ...] = ()
    country_hosts: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


def _network(
    name: str, kind: NetworkKind, hosts: str = "", *, countries: str = "", packages: str = "", aliases: str = ""
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
        NetworkKind.SOCIAL,
        "instagram.com ig.me",
        packages="com.instagram.android com.instagram.lite",
        aliases="ig insta instagram-story instagram-stories instagram-reels ig-bio ig-story ig-stories ig-reels",
    ),
    _network(
        "facebook",
        NetworkKind.SOCIAL,
        "facebook.com fb.com fb.me fb.watch fb.gg",
        packages="com.facebook.katana com.facebook.lite",
        aliases="fb fesbuk face-book fb-group fb-grup grup-fb facebook-group",
    ),
    # Facebook and Instagram share ads and the click id; it does not tell which of the two it was.
    _network("meta", NetworkKind.SOCIAL),
    _network("threads", NetworkKind.SOCIAL, "threads.net threads.com", packages="com.instagram.barcelona"),
    _network(
        "tiktok",
        NetworkKind.SOCIAL,
        "tiktok.com tiktokv.com",
        # `trill` is TikTok's package in South-East Asia, `musically` elsewhere.
        packages="com.ss.android.ugc.trill com.zhiliaoapp.musically com.zhiliaoapp.musically.go com.tiktok.lite.go",
        aliases="tt tik-tok tiktok-bio",
    ),
    _network(
        "douyin",
        NetworkKind.SOCIAL,
        "douyin.com iesdouyin.com",
        packages="com.ss.android.ugc.aweme com.ss.android.ugc.aweme.lite",
    ),
    _network(
        "x",
        NetworkKind.SOCIAL,
        "x.com twitter.com t.co",
        packages="com.twitter.android com.twitter.android.lite",
        aliases="twitter twt tw x-twitter twitter-x",
    ),
    _network(
        "linkedin", NetworkKind.SOCIAL, "linkedin.com lnkd.in", packages="com.linkedin.android", aliases="linked-in"
    ),
    _network("pinterest", NetworkKind.SOCIAL, "pin.it", countries="pinterest", packages="com.pinterest", aliases="pin"),
    _network("snapchat", NetworkKind.SOCIAL, "snapchat.com", packages="com.snapchat.android", aliases="snap"),
    _network("reddit", NetworkKind.SOCIAL, "reddit.com redd.it", packages="com.reddit.frontpage"),
    _network("quora", NetworkKind.SOCIAL, "quora.com qr.ae", packages="com.quora.android"),
    _network("kaskus", NetworkKind.SOCIAL, "kaskus.co.id kaskus.com", packages="com.kaskus.android"),
    _network("bluesky", NetworkKind.SOCIAL, "bsky.app bsky.social", packages="xyz.blueskyweb.app", aliases="bsky"),
    _network(
        "mastodon",
        NetworkKind.SOCIAL,
        "mastodon.social mastodon.online mastodon.world mstdn.social mas.to fosstodon.org mastodon.cloud",
        packages="org.joinmastodon.android",
    ),
    _network(
        "snackvideo",
        NetworkKind.SOCIAL,
        "snackvideo.com sck.io kwai.com",
        packages="com.kwai.bulldog",
        aliases="snack-video kwai",
    ),
    _network("likee", NetworkKind.SOCIAL, "likee.video likee.com", packages="video.like"),
    _network("lemon8", NetworkKind.SOCIAL, "lemon8-app.com", packages="com.bd.nproject", aliases="lemon-8"),
    _network("vk", NetworkKind.SOCIAL, "vk.com vkontakte.ru", packages="com.vkontakte.android", aliases="vkontakte"),
    _network("odnoklassniki", NetworkKind.SOCIAL, "ok.ru odnoklassniki.ru", packages="ru.ok.android"),
    _network("weibo", NetworkKind.SOCIAL, "weibo.com weibo.cn t.cn", packages="com.sina.weibo"),
    _network(
        "xiaohongshu", NetworkKind.SOCIAL, "xiaohongshu.com xhslink.com", packages="com.xingin.xhs", aliases="rednote"
    ),
    _network("tumblr", NetworkKind.SOCIAL, "tumblr.com", packages="com.tumblr"),
    _network("flickr", NetworkKind.SOCIAL, "flickr.com flic.kr", packages="com.flickr.android"),
    # Social media in general, for sources that name no network.
    _network(
        "social-media",
        NetworkKind.SOCIAL,
        aliases="medsos sosmed socmed media-sosial sosial-media social socials social-network",
    ),
    _network(
        "whatsapp",
        NetworkKind.CHAT,
        "whatsapp.com wa.me whatsapp.net wl.co",
        packages="com.whatsapp com.whatsapp.w4b",
        aliases="wa wag whats-app wa-group wa-grup grup-wa wa-status status-wa wa-story wa-blast wa-business"
        " whatsapp-group whatsapp-grup grup-whatsapp whatsapp-status whatsapp-business",
    ),
    _network(
        "telegram",
        NetworkKind.CHAT,
        "t.me telegram.org telegram.me telegram.dog",
        packages="org.telegram.messenger org.telegram.messenger.web org.telegram.plus org.thunderdog.challegram",
        aliases="tele tg telegram-group telegram-grup grup-telegram",
    ),
    _network(
        "messenger",
        NetworkKind.CHAT,
        "messenger.com m.me",
        packages="com.facebook.orca com.facebook.mlite",
        aliases="fb-messenger facebook-messenger msg",
    ),
    _network("line", NetworkKind.CHAT, "line.me lin.ee", packages="jp.naver.line.android com.linecorp.linelite"),
    _network("discord", NetworkKind.CHAT, "discord.com discordapp.com discord.gg", packages="com.discord"),
    _network("signal", NetworkKind.CHAT, "signal.me signal.group", packages="org.thoughtcrime.securesms"),
    _network("wechat", NetworkKind.CHAT, "wechat.com weixin.qq.com", packages="com.tencent.mm", aliases="weixin"),
    _network("viber", NetworkKind.CHAT, "viber.com", packages="com.viber.voip"),
    _network("kakaotalk", NetworkKind.CHAT, "kakao.com", packages="com.kakao.talk", aliases="kakao"),
    _network("michat", NetworkKind.CHAT, "michat.sg", packages="com.michatapp.im", aliases="mi-chat"),
    _network("zalo", NetworkKind.CHAT, "zalo.me zaloapp.com", packages="com.zing.zalo"),
    _network("google-chat", NetworkKind.CHAT, "chat.google.com", packages="com.google.android.apps.dynamite"),
    _network(
        "google-messages",
        NetworkKind.SMS,
        "messages.google.com",
        packages="com.google.android.apps.messaging com.samsung.android.messaging",
    ),
    _network("slack", NetworkKind.CHAT, "slack.com", packages="com.slack"),
    _network("teams", NetworkKind.CHAT, "teams.microsoft.com teams.live.com", packages="com.microsoft.teams"),
    _network(
        "youtube",
        NetworkKind.VIDEO,
        "youtube.com youtu.be youtube-nocookie.com",
        packages="com.google.android.youtube com.google.android.apps.youtube.mango",
        aliases="yt ytb you-tube yt-shorts youtube-shorts",
    ),
    _network("vimeo", NetworkKind.VIDEO, "vimeo.com", packages="com.vimeo.android.videoapp"),
    _network("vidio", NetworkKind.VIDEO, "vidio.com", packages="com.vidio.android"),
    _network("dailymotion", NetworkKind.VIDEO, "dailymotion.com dai.ly", packages="com.dailymotion.dailymotion"),
    _network("twitch", NetworkKind.VIDEO, "twitch.tv", packages="tv.twitch.android.app"),
    _network(
        "bilibili", NetworkKind.VIDEO, "bilibili.tv bilibili.com b23.tv", packages="com.bstar.intl tv.danmaku.bili"
    ),
    _network(
        "google",
        NetworkKind.SEARCH,
        countries="google",
        packages="com.google.android.googlequicksearchbox com.google.android.apps.searchlite",
    ),
    _network("bing", NetworkKind.SEARCH, "bing.com", packages="com.microsoft.bing"),
    _network("yahoo", NetworkKind.SEARCH, countries="yahoo", packages="com.yahoo.mobile.client.android.search"),
    _network("duckduckgo", NetworkKind.SEARCH, "duckduckgo.com ddg.gg", aliases="ddg"),
    _network("ecosia", NetworkKind.SEARCH, "ecosia.org"),
    _network(
        "yandex",
        NetworkKind.SEARCH,
        # Google Analytics takes the last two for searches too.
        "ya.ru zen.yandex.ru webmaster.yandex.ru",
        countries="yandex",
        packages="ru.yandex.searchplugin",
    ),
    _network("baidu", NetworkKind.SEARCH, "baidu.com", packages="com.baidu.searchbox"),
    _network("brave", NetworkKind.SEARCH, "search.brave.com"),
    _network("startpage", NetworkKind.SEARCH, "startpage.com"),
    _network("qwant", NetworkKind.SEARCH, "qwant.com"),
    _network("kagi", NetworkKind.SEARCH, "kagi.com"),
    _network("naver", NetworkKind.SEARCH, "search.naver.com", packages="com.nhn.android.search"),
    _network("sogou", NetworkKind.SEARCH, "sogou.com"),
    _network("petal", NetworkKind.SEARCH, "petalsearch.com", aliases="petal-search"),
    _network(
        "shopee",
        NetworkKind.SHOPPING,
        "shope.ee shp.ee",
        countries="shopee",
        packages="com.shopee.id com.shopee.my com.shopee.sg",
    ),
    _network(
        "tokopedia",
        NetworkKind.SHOPPING,
        "tokopedia.com tokopedia.link",
        packages="com.tokopedia.tkpd",
        aliases="tokped",
    ),
    _network("bukalapak", NetworkKind.SHOPPING, "bukalapak.com", packages="com.bukalapak.android"),
    _network("lazada", NetworkKind.SHOPPING, countries="lazada", packages="com.lazada.android"),
    _network("blibli", NetworkKind.SHOPPING, "blibli.com", packages="blibli.mobile.commerce"),
    _network("zalora", NetworkKind.SHOPPING, countries="zalora", packages="com.zalora.android"),
    _network("aliexpress", NetworkKind.SHOPPING, "aliexpress.com", packages="com.alibaba.aliexpresshd"),
    _network("alibaba", NetworkKind.SHOPPING, "alibaba.com", packages="com.alibaba.intl.android.apps.poseidon"),
    _network("amazon", NetworkKind.SHOPPING, countries="amazon", packages="com.amazon.mshop.android.shopping"),
    _network("ebay", NetworkKind.SHOPPING, countries="ebay", packages="com.ebay.mobile"),
    _network(
        "gmail",
        NetworkKind.EMAIL,
        "mail.google.com inbox.google.com",
        packages="com.google.android.gm com.google.android.gm.lite",
        aliases="google-mail",
    ),
    _network(
        "outlook",
        NetworkKind.EMAIL,
        "outlook.com outlook.live.com outlook.office.com outlook.office365.com mail.live.com hotmail.com",
        packages="com.microsoft.office.outlook",
        aliases="hotmail",
    ),
    _network(
        "yahoo-mail",
        NetworkKind.EMAIL,
        "mail.yahoo.com mail.yahoo.co.id mail.yahoo.co.jp",
        packages="com.yahoo.mobile.client.android.mail",
        aliases="ymail",
    ),
    _network("yandex-mail", NetworkKind.EMAIL, "mail.yandex.ru mail.yandex.com", packages="ru.yandex.mail"),
    _network(
        "proton-mail", NetworkKind.EMAIL, "mail.proton.me", packages="ch.protonmail.android", aliases="protonmail"
    ),
    # E-mail in general, for sources that name no service; `surel` is Indonesian for e-mail.
    _network("email", NetworkKind.EMAIL, packages="com.samsung.android.email.provider", aliases="e-mail surel"),
    _network("newsletter", NetworkKind.EMAIL, aliases="buletin"),
    _network(
        "chatgpt",
        NetworkKind.AI,
        "chatgpt.com chat.openai.com",
        packages="com.openai.chatgpt",
        aliases="chat-gpt openai",
    ),
    _network("gemini", NetworkKind.AI, "gemini.google.com bard.google.com", packages="com.google.android.apps.bard"),
    _network("perplexity", NetworkKind.AI, "perplexity.ai", packages="ai.perplexity.app.android"),
    _network("copilot", NetworkKind.AI, "copilot.microsoft.com copilot.com", packages="com.microsoft.copilot"),
    _network("claude", NetworkKind.AI, "claude.ai claude.com", packages="com.anthropic.claude"),
    _network("deepseek", NetworkKind.AI, "deepseek.com", packages="com.deepseek.chat"),
    _network("grok", NetworkKind.AI, "grok.com", packages="ai.x.grok"),
    _network("meta-ai", NetworkKind.AI, "meta.ai"),
    _network("mistral", NetworkKind.AI, "chat.mistral.ai", packages="ai.mistral.chat"),
    _network("poe", NetworkKind.AI, "poe.com", packages="com.poe.android"),
)

# Click id parameters and their networks; if there are several, the first in this order counts.
# fbclid comes last: another click id beside it identifies the network more precisely.
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
