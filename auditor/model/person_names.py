"""How people's names are written: alike without case and accents, beside an account, and with what is no name."""

import re
from functools import lru_cache
from unicodedata import combining, normalize

NAME_AND_ACCOUNT = re.compile(
    r"(.|(?:[^<>()\[\]]|[(\[][^<>()\[\]]*[)\]](?!\s*(?:[,;/&|+\n]|(?:and|und|et|y|e)\b)))+?(?<=\S))"
    r"\s*[<(\[]([^<>()\[\]]+)[>)\]]"
)
"""A full name and what stands in brackets behind it: an address, or a login. Of a list of them, none is."""

# Letters that are no letter with a mark on it, as logins write them.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
_UMLAUT = re.compile(r"([aou])e(?!r?\b)|a(a)(?=\w)")
# Jira's `[~accountid:5b1…]` and Slack's `<@U02ABC>`.
_MENTION = re.compile(r"^(?:\[~(?:accountid:)?([^\]]+)\]|<@([^>|]+)(?:\|([^>]*))?>)$")
# A directory's name of somebody: `CN=Nina Alvarez,OU=Engineers,DC=acme`.
_DISTINGUISHED = re.compile(r"^(?:cn|uid)=([^,=]+),\s*\w+=.*$", re.IGNORECASE)
_OPAQUE = re.compile(r"(?:\w+:)*(?=\S*\d)(?:[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|[UW][0-9A-Z]{7,})")
_DOMAIN = re.compile(r"^[A-Za-z][\w.-]*\\(?=[\w.-]+$)")
_TITLE = re.compile(r"^(?:mr|mrs|ms|dr|herrn?|frau|hr|fr|mme|sra?)\b\.?\s+", re.IGNORECASE)
_MYSELF = frozenset(
    {"me", "myself", "i", "self", "requester", "reporter", "the requester", "the reporter", "same as requester"}
    | {"ich", "mich", "ich selbst", "mich selbst", "selbst", "antragsteller", "wie antragsteller"}
    | {"moi", "moi-même", "moi même", "le demandeur", "yo", "yo mismo", "yo misma", "el solicitante", "io", "me stesso"}
    | {"me stessa", "ik", "ikzelf", "ik zelf", "mezelf", "eu", "eu mesmo", "eu mesma", "wnioskodawca", "ja sam"}
)

_WORD = re.compile(r"\w+")
# Where a mailbox has two domains, dots in its name say nothing, and what stands behind a plus is its owner's own.
_GMAIL = ("gmail.com", "googlemail.com")


@lru_cache(maxsize=65536)
def mailbox(address: str) -> str:
    """An e-mail address as all ways to write it come to: without case, and Gmail's without dots and endings."""
    name, at, domain = address.casefold().rpartition("@")
    if domain not in _GMAIL:
        return address.casefold()
    return f"{name.partition('+')[0].replace('.', '')}{at}{_GMAIL[0]}"


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """A name without case and accents; `Mueller` and `Aagaard` are how Müller and Ågård write themselves."""
    return folded_text(text)


def folded_text(text: str) -> str:
    """What may be long, likewise: it is not kept."""
    plain = normalize("NFKD", text.casefold().translate(_PLAIN))
    return _UMLAUT.sub(r"\1\2", "".join(character for character in plain if not combining(character)))


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name, likewise."""
    return tuple(_WORD.findall(folded(text)))


_FOR_ANOTHER = re.compile(
    r"(?<![\s,(])[\s,(]+(?:on behalf of|(?:as )?(?:a )?(?:delegate|deputy|substitute) (?:of|for)|acting for"
    r"|im (?:auftrag|namen) von|in vertretung (?:von|für)|au nom de|de la part de|en nombre de)\s",
    re.IGNORECASE,
)


@lru_cache(maxsize=65536)
def plainly_called(name: str) -> str:
    """A name without what trackers, chats, directories and the polite put around it."""
    text = _DISTINGUISHED.sub(r"\1", name.strip())
    if mention := _MENTION.match(text):
        who = mention[1] or mention[2]
        text = f"{mention[3]} ({who})" if mention[3] else who
    text = text.removeprefix("mailto:").removeprefix("@")
    return _TITLE.sub("", _DOMAIN.sub("", text)).partition(" - ")[0].strip()


def acting(name: str) -> str:
    """Who acted, of `Tom on behalf of Mia`."""
    return _FOR_ANOTHER.split(name, maxsplit=1)[0].strip()


def is_whoever_asked(name: str) -> bool:
    """Whether a name in a ticket is whoever writes it: `me`."""
    return " ".join(name.split()).casefold() in _MYSELF


def is_opaque(name: str) -> bool:
    """Whether it is a program's id of somebody, which tells nothing of who that is."""
    return _OPAQUE.fullmatch(plainly_called(name)) is not None
