"""What people say when they agree to access, and when it ends: English, German, French and Spanish words that decide.

The plainest of some neighbours' languages, of Japanese and of Chinese are read, too.

A statement is read clause by clause. What stands in brackets or is quoted decides nothing; of several verdicts the last
one counts, so that somebody may change their mind.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache, partial

from auditor.model.written import written

LONGEST = 4_000
"""Longer texts are no statements: what follows is not read."""

UNREAD = "could not be read: "
"""How the approval of a ticket begins of which the comments could not be read, before the reason."""


class Verdict(StrEnum):
    """What a statement says about what was asked for."""

    AGREED = "agreed"
    REFUSED = "refused"
    OPEN = "not decided"


# What is noted in brackets when somebody changes their mind is no aside.
_ASIDE = (
    r"(?!.(?:withdrawn|revoked|retracted|rescinded|zurückgezogen|widerrufen|retirée?|retirad[oa])\b)"
    r"(?:\([^()]*\)|\[[^\[\]]*\])|(?m:^\s*>.*$)"
)
_CLAUSE = re.compile(r"[;!]+|[.,:](?=\s|$)|\s(?:-|\u2013|\u2014)\s|\b(?:but|aber|mais|pero|though|then)\b")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)?|\?|\+1")


@cache
def _caseless(pattern: str) -> re.Pattern[str]:
    """Compiled where it is first asked for: together they take longer than most questions to the past."""
    return re.compile(pattern, re.IGNORECASE)


_table = cache(partial(written, __package__, "statements", dict[str, str]))


@cache
def _set(use: str) -> frozenset[str]:
    return frozenset(_table()[use].split())


_NO_OBJECTION = (
    r"\b(?:no|without|keine?n?|ohne|aucune?|sans|ning[uú]n|sin|not an?|kein)\s+(?:\w+\s+)?"
    r"(?:objections?|concerns?|problems?|issues?|worries|doubts?|risk|need\s+to\s+\w+|"
    r"einw[aä]nde?|bedenken|problem|objecci[oó]n\w*|objections?|inqui[eé]tudes?|probl[eè]me|problema|inconveniente)\b"
    r"|\bpas\s+d['\u2019]objection\w*|\bwhy not\b|\bnot\s+only\b"
)
_FIRM = (
    r"\b(?:go ahead|go for it|green light|gr[uü]nes licht|freigabe erteilt|geht klar|feu vert|signed off"
    r"|bon pour accord|visto bueno|adelante)\b"
)
"""Phrases that people use for nothing but to agree."""
_THUMB = r"(?:[\u2705\U0001f44d]|:(?:\+1|thumbsup|white_check_mark)\b)"
_PHRASES = {
    Verdict.AGREED: (
        rf"{_FIRM}|\b(?:fine (?:by|with) me|happy (?:with|for)|looks good|d['\u2019]accord|de acuerdo|in ordnung"
        r"|c['\u2019]est bon pour moi|you (?:may|can))\b|(?<![未不])(?:承認|批准|同意)"
        rf"|{_THUMB}"
    ),
    Verdict.REFUSED: (
        r"\b(?:on hold|hold off|take (?:it|that|this|my approval) back|took (?:it|that) back|do not give"
        r"|don['\u2019]t give|lehne\b.*\bab|thumbs down|no way|not now|not my call|say no to"
        r"|please wait|keine (?:freigabe|genehmigung)|geht (?:so |leider |das )*nicht|nicht freigeben|unapproved)\b"
        r"|[未不](?:承認|批准|同意)|却下|拒否|拒绝|\U0001f44e|:(?:-1|thumbsdown)\b"
    ),
    Verdict.OPEN: (
        r"\b(?:(?:please|pls|plz|can (?:you|somebody|someone)|could you|bitte|merci de|por favor)\b.{0,60}"
        r"\b(?:approve|genehmigen|freigeben|approuver|aprobar)|(?:to be|be|being|get|gets|awaiting|waiting for|pending|"
        r"needs?|need to be|until|once|if|when|unless|after|before|wird|werden|muss|warte auf|en attente d\S*|"
        r"pendiente de|falta) (?:\w+ )?(?:approved|approval|approve|genehmigt|genehmigung|freigabe|freigegeben|"
        r"approbation|approuvé|aprobación|aprobado)|(?:approval|genehmigung|approbation|aprobación) "
        r"(?:is |still |noch )*(?:pending|requested|missing|needed|required|outstanding|ausstehend|fehlt|pendiente)"
        r"|(?:approval|genehmigung|freigabe)\b.{0,60}\b(?:pending|steht (?:noch )?aus|failed|expired)"
        r"|(?:requesting|seeking|asking for) (?:an? )?approval|(?:would|could|might|should) (?:\w+ )?(?:approve|agree)"
        r"|will (?:\w+ )?approve\b.{0,80}\b(?:once|when|if|as soon as|after)|en attente de \w+"
        r"|^\W*(?:still )?waiting (?:for|on)"
        r"|(?<!happy )(?<!glad )(?<!pleased )(?<!fine )to approve)\b"
    ),
}
_REACH = 3
"""How many words may stand between a negation and what it denies."""


def verdict(text: str) -> Verdict | None:
    """What a statement says; None where no word in it decides anything."""
    found: Verdict | None = None
    for line in _plain(text).split("\n"):
        said: Verdict | None = None
        for clause in _CLAUSE.split(line):
            said = (
                _of_clause(clause, agreed=said is Verdict.AGREED)
                or said
                or (Verdict.REFUSED if _begins_with_no(clause) else None)
            )
        found = said or found
    return found


def is_approval(text: str) -> bool:
    """Whether a remark under a ticket is an approval: its first words say so, and what follows does not take it back.

    Words that people use for anything else too (`ok`, `yes`) approve nothing by themselves, nor does a report of what
    somebody else said.
    """
    if verdict(text) is not Verdict.AGREED:
        return False
    plain = _plain(text)
    words = _words(plain)[:_FIRST_WORDS]
    firm = next((n for n, word in enumerate(words) if word in _set("agreed") - _set("loose")), None)
    if firm is None:
        # A thumb alone is for anything else too.
        thumb = re.match(_THUMB, plain.strip(), re.IGNORECASE) and names_end(plain)
        return bool(thumb or re.search(_FIRM, plain[:_FIRST_LETTERS], re.IGNORECASE))
    return words[firm + 1 : firm + 2] not in (["by"], ["von"], ["par"], ["por"])


_FIRST_LETTERS = 40
_FIRST_WORDS = 8


# A line of a form that nobody ticked, a field that is answered with no, and a slip of the hand.
_UNTICKED = r"(?m:^\s*(?:[-*]\s*)?\[ ?\].*$)"
_NO_FIELD = (
    r"\b(?:approved|genehmigt|freigegeben|approuvé|aprobado)\s*[:=]\s*(?:no|false|nein|non|n)\b(?!\s+(?:objection|problem))"
    r"|\bapproved (?:in error|by mistake|accidentally)\b"
)


def _plain(text: str) -> str:
    """What somebody says themselves, without asides and without saying that nothing is against it."""
    own = _caseless(_ASIDE).sub(" ", _caseless(_UNTICKED).sub("", text[:LONGEST]))
    return re.sub(r"[^\S\n]+", " ", _caseless(_NO_FIELD).sub(" not approved ", _caseless(_NO_OBJECTION).sub(" ", own)))


def _words(text: str) -> list[str]:
    return _WORD.findall(re.sub(r"\bn'", "ne ", text.casefold().replace("\u2019", "'")))


def _of_clause(clause: str, *, agreed: bool) -> Verdict | None:
    """What a clause says; `agreed` whether somebody agreed in its line before."""
    words = _words(clause)
    if "?" in clause or _caseless(_PHRASES[Verdict.OPEN]).search(clause):
        return Verdict.REFUSED if _set("denying").intersection(words) and "?" not in clause else Verdict.OPEN
    found: Verdict | None = None
    for place, word in enumerate(words):
        if word in _set("refused"):
            if not ((agreed or found is Verdict.AGREED) and _is_other(words, place)):
                found = None if _denied(words, place) else Verdict.REFUSED
        elif word in _set("agreed"):
            found = Verdict.REFUSED if _denied(words, place) else Verdict.AGREED
    if words and found is None:
        for said in (Verdict.REFUSED, Verdict.AGREED):
            if match := _caseless(_PHRASES[said]).search(clause):
                denied = said is Verdict.AGREED and _denied([*_words(clause[: match.start()]), ""], -1)
                return Verdict.REFUSED if denied else said
    return found


def _begins_with_no(clause: str) -> bool:
    words = _words(clause)
    return words[:1] in (["no"], ["nein"], ["non"]) and words[1:2] not in (["later"], ["longer"], ["more"])


def _denied(words: list[str], place: int) -> bool:
    before = words[:place][-_REACH:]
    # In German and French the verb may stand before what denies it.
    return any(word in _set("denying") or word.endswith("n't") for word in before) or words[-1] in ("nicht", "pas")


_REFUSING = r"(?:reject|refus|deny|deni|declin|withdraw|revok|cancel)[a-z]{0,4}"
_TAKING = r"(?:revok|withdraw|cancel)[a-z]{0,4}"


def _is_other(words: list[str], place: int) -> bool:
    """Whether an English word of refusing is about the work, and not about what was asked.

    `to revoke the old keys`, `denied logins`, `payments are declined`, `I will revoke it at noon`.
    """
    before, after = words[:place], words[place + 1 : place + 4]
    if not re.fullmatch(_REFUSING, words[place]):
        return False
    if before[-1:] == ["to"]:
        return _set("own will").isdisjoint(before[-4:-1])
    if re.fullmatch(_TAKING, words[place]) and not _set("to come").isdisjoint(before[-2:]):
        return True
    if {"are", "were"}.intersection(before[-2:]):
        return _set("asked").isdisjoint(before)
    if not after or not _set("asked").isdisjoint(after) or after[0] in _set("no thing") or after[0][0].isdigit():
        return False
    # `Denied Sam` begins a clause as `denied: Sam` does.
    return bool(before) or after[0] in _set("before things") or not words[place].endswith("ed")


_NUMBER = (
    r"(?:\d+(?:[.,]\d+)?|an?|a\s+couple\s+of|half(?:\s+an)?|the\s+next|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty"
    r"|thirty|forty|forty-five|sixty|ninety|ein|eine|einen|zwei|drei|vier|fünf|sechs|acht|zehn|halbe"
    r"|(?:die|la)\s+(?:nächste|prochaine|próxima)|een|twee|due|duas|dwie|une?|deux|trois|quatre|cinq|six|huit|dix|demi|una?|dos|tres|cuatro|cinco|seis|ocho|diez|media)"
)
_UNIT = (
    r"(?:m|min|mins|minutes?|h|hs|hrs?|hours?|d|days?|minuten?|std|stunden?|tage?|heures?|jours?|minutos?|horas?|días?"
    r"|minuti|or[ae]|giorni|uur|uren|minut|godzin[aęy]?|shift)"
)
_CLOCK = (
    r"(?:\d{1,2}(?:[:.h]\d{2})?\s*(?:[ap]\.?m\.?|uhr|h)(?!\w)|\d{1,2}[:.h]\d{2}"
    r"|noon|midday|midnight|mittag|mitternacht|midi|minuit)"
)
_DAY_NAME = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|(?:maan|dins|woens|donder|vrij|zater|zon)dag|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?|venerdì|lunedì"
)
_THEN = (
    rf"(?:{_CLOCK}|\d|{_DAY_NAME}|tomorrow|tonight|today|(?:the\s+)?end\s+of|eod|cob|close\s+of\s+business|lunch"
    r"|eob|eo[wm]|half\s+past|quarter\s+(?:past|to)|halb|viertel|vanavond|amanhã|domani|stasera|morgen|heute|feierabend|ende|zum\s+ende|demain|ce\s+soir|la\s+fin|mañana|fin|el\s+final"
    r"|(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*\s+\d"
    r"|(?:[\w#/.'\u2019-]+\s+){0,4}?(?:resolved|closed|fixed|done|over|finished|mitigated|out|live|back|works|stable|healthy|complete|behoben|gelöst|résolu\w*|resuelt\w*))"
)
_END = (
    rf"(?<!\w)(?<!every )(?<!took )(?<!takes )(?<!vor )(?<!hace )(?<!il y a )(?<!after )"
    rf"(?<!since )(?<!seit )(?<!depuis )(?<!last )(?<!past )(?<!letzten )(?<!\bin )(?<!down for )(?<!timeout to )"
    rf"{_NUMBER}\s*-?{_UNIT}\b(?!\s+(?:ago|earlier|before|after|late|later|old|since|timeout|each|per|already))"
    r"|\b(?:for|pour|für|por|per)\s+(?:\d{1,2}h\d{2}\b|un['\u2019]ora\b)"
    r"|\bfor\s+the\s+(?:duration|rest|remainder)\s+of\b|\b(?:while|as\s+long\s+as|solange|tant\s+que|mientras)\b"
    r"[^.;\n]{1,40}\b(?:lasts?|open|ongoing|dauert|läuft|dure)\b"
    rf"|\b(?:through|thru|valid\s+to)\s+(?:{_CLOCK}|{_DAY_NAME}|\d{{4}}-\d|\d{{1,2}}[./]\d)|\b(?:end(?:\s+time)?|expiry|ende|fin)\s*[:=]?\s*{_CLOCK}"
    rf"|\b\d{{1,2}}\s*(?:[ap]m)?\s*[-\u2013]\s*\d{{1,2}}\s*(?:[ap]m|uhr)\b"
    rf"|\b(?:from|between)\s+\d{{1,2}}\s+(?:to|and)\s+\d{{1,2}}(?!\s*[\w.:])"
    rf"|\b(?:until|till|til|bis|jusqu['\u2019](?:à|au|en)|jusque|hasta|fino\s+a(?:lle|l)?|tot|até|indtil|inntil|до)\s+"
    rf"(?:about\s+|ca\.\s+|around\s+|at\s+|zum\s+|las?\s+|el\s+|le\s+|den\s+|the\s+|[àa]s\s+)*{_THEN}"
    r"|\bdo\s+(?:godz(?:iny|\.)\s*)?\d{1,2}[:.]\d{2}\b|[至到]\s*\d{1,2}[:.]\d{2}"
    r"|\d{1,2}[:.]\d{2}\s*(?:まで|为止|之前|(?:asti|saakka|(?:['\u2019]?[ae]\s+)?kadar)\b)"
    rf"|\b(?:by|to|before|vor|avant|antes\s+de)\s+(?:las?\s+|the\s+)?(?:{_CLOCK}|eod|(?:the\s+)?end\s+of|close\s+of)"
    rf"|\b(?:ends?|ending|expires?|expiring|endet|läuft\s+ab|expire|termina|vence)\s+"
    rf"(?:at\s+|on\s+|by\s+|um\s+|am\s+|à\s+|a\s+las\s+|in\s+)?{_THEN}"
    rf"|\b(?:no\s+later\s+than|not\s+after|spätestens|au\s+plus\s+tard|a\s+más\s+tardar)\s+(?:\w+\s+)?{_THEN}"
    r"|\d{1,2}[:.h]\d{2}\s*(?:uhr\s*)?(?:-|\u2013|\u2014|to|bis|à|a)\s*\d{1,2}[:.h]\d{2}"
    r"|\b(?:eod|cob|eob|end\s+of\s+(?:the\s+)?(?:day|shift|week))\b|\b(?:for|during)\s+(?:today|tonight|th(?:e|is)\s+(?:day|shift|night|evening|afternoon|morning|weekend|week))\b"
    r"|\b(?:today|tonight)\s+only\b|\bnur\s+heute\b|\b(?:solo|por)\s+hoy\b|\bpour\s+(?:la|cette)\s+(?:journée|soirée|nuit|matinée)\b|\baujourd['\u2019]hui\s+(?:seulement|uniquement)\b"
)


def names_end(text: str) -> bool:
    """Whether a statement says until when: a length, or a time that something lasts until. A time alone is none."""
    return _caseless(_END).search(text[:LONGEST]) is not None


def names(text: str, word: str | None) -> bool:
    """Whether a name, or a ticket's id, stands in a text whole: `PAY-27` is not in `PAY-271`."""
    if not word:
        return False
    return _whole(re.escape(word)).search(text[:LONGEST]) is not None


def without_left_out(text: str, called: Iterable[str]) -> str:
    """A statement without those of these names that it leaves out: `not for Nina`, `all except checkout`."""
    own = "|".join(map(re.escape, called))
    return _whole(rf"{_LEAVING_OUT}\s+(?:{own})").sub(" ", text[:LONGEST]) if own else text


_LEAVING_OUT = (
    r"(?:(?:not|never|nicht|nie|pas|jamais|no|nunca|non|niet|não)\s+(?:for|to|on|für|auf|pour|sur|para|en|per|voor)"
    r"|except(?:\s+for)?|excluding|(?:all|everybody|everyone|everything)\s+but|au(?:ß|ss)er|sauf|excepto|eccetto)"
)


def names_any_after(text: str, words: Iterable[str], called: Iterable[str]) -> bool:
    """Whether one of many names, whole, stands in a text right after one of these words."""
    return _any_after(tuple(words), tuple(called)).search(text[:LONGEST]) is not None


@lru_cache(maxsize=8)
def _any_after(words: tuple[str, ...], called: tuple[str, ...]) -> re.Pattern[str]:
    return _whole(rf"(?:{'|'.join(map(re.escape, words))}) (?:{'|'.join(map(re.escape, called))})")


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){pattern}(?![\w]|-\d)", re.IGNORECASE)


_RIGHT = (
    r"(?:access|rights?|permissions?|roles?|keys?|polic(?:y|ies)|grants?|bindings?|membership|logins?|accounts?|tokens?"
    r"|session|privileges?|sudo|credentials?|group|it"
    r"|zugriff|zugang|rechte?|rolle|schlüssel|berechtigung(?:en)?|accès|droits?|clés?|acceso|permisos?|claves?|rol|perms|accesso|permessi|toegang|rechten|acesso|permiss(?:ão|ões)|dostęp)"
)
_GONE = (
    r"(?:removed|gone|revoked|deleted|withdrawn|taken away|closed|expired|ended|dropped|detached|disabled|cleaned up"
    r"|returned|over|rolled back|unassigned|lapsed"
    r"|entfernt|entzogen|weg|gelöscht|gesperrt|beendet|abgelaufen|zurückgegeben|zurückgenommen"
    r"|retirée?s?|supprimée?s?|révoquée?s?|enlevée?s?|expirée?s?"
    r"|rimoss[oaie]|revocat[oaie]|ingetrokken|verwijderd|removid[oa]s?|revogad[oa]s?|odebran[yoe]|usunięt[yoe]"
    r"|retirad[oa]s?|eliminad[oa]s?|revocad[oa]s?|quitad[oa]s?|caducad[oa]s?)"
)
_STILL = (
    r"(?:not|n['\u2019]t|never|nicht|pas|no|still|noch|yet|toujours|encore|todavía|aún|to be|will be|should be|must be"
    r"|nog|niet|ancora|não|ainda|jeszcze|nie)"
)
_ACCESS_GONE = (
    rf"\b{_RIGHT}\b(?P<between>[^.;\n]{{0,40}}?)\b{_GONE}\b(?:\s*[:=?]\s*(?P<answer>\w+))?(?P<rest>[^.;\n]{{0,12}})"
    rf"|\b(?P<verb>{_GONE}|remove|revoke|delete)\b(?:\s+[\w'\u2019.@-]+){{0,4}}?\s+(?:[ld]['\u2019])?{_RIGHT}\b"
)
_STILL_THERE = rf"\b{_RIGHT}\b[^.;\n]{{0,20}}\bstill\b|\bstill\b[^.;\n]{{0,20}}\b{_RIGHT}\b"
_NO_MORE = (
    rf"\bno longer (?:has|have|had|holds?)\b[^.;\n]{{0,20}}\b{_RIGHT}\b|\bno (?:more )?{_RIGHT} (?:any ?more|left)\b"
    rf"|\b{_RIGHT}\b[^.;\n]{{0,20}}\b(?:no longer|not) (?:there|works?|active)\b"
    r"|\bremoved (?:\S+ )?from (?:the )?(?:[\w-]+ )?[\w-]*(?:admins?|group|sudoers|role)\b"
    r"|\bno longer in (?:the )?(?:[\w-]+ )?(?:group|role)\b"
    r"|\b(?:took|taken) (?:\S+ ){0,2}out of (?:the )?(?:[\w-]+ )?[\w-]*(?:admins?|group|sudoers|role)\b"
    rf"|\b{_RIGHT} removal\s*[:=-]?\s*(?:done|completed?|confirmed|ok|yes)\b"
    r"|\bse (?:retiró|quitó|eliminó|revocó) (?:el |los |la )?(?:acceso|permisos?|clave)\b"
)
# What these stand before is something else: `key metrics dropped`, `closed the account page bug`.
_COMPOUND = re.compile(
    r"\b(?<!from )(?i:keys?|accounts?|tokens?|session|group|logins?|credentials?|it)\s+(?!(?:is|was|has|have|had|are"
    r"|were|been|be|now|again|already|all|also|for|to|of|from|on|at|in|by|and|that|which|not|never|no|yet|still|today|afterwards|too|back"
    r"|gone|wieder|wurden?|ist|sind|war|danach|jetzt|sofort|inzwischen|noch|nicht|für|von|auf)\b|\w+ly\b)"
    rf"(?!{_GONE}\b)[a-zà-ÿ]{{3,}}|(?i:\baccess) (?:logs?|pages?|lists?|points?|controls?|tables?|patterns?|codes?)\b"
)
_NEVER_GIVEN = (
    r"\b(?:no|keine?|keinen|aucun|ning[uú]n) (?:access|rights?|permissions?|zugriff|zugang|rechte?|accès|acceso)\b"
    r"[^.;\n]{0,20}\b(?:given|granted|opened|needed|necessary|required|erteilt|vergeben|gegeben|accordé|concedido)\b"
    rf"|\b{_RIGHT}\b[^.;\n]{{0,20}}\b(?:never|not) (?:\w+ )?(?:given|granted|opened)\b"
)
_NOT_NEEDED = (
    r"(?:not|no longer|never) (?:needed|necessary|required)\b|won['\u2019]?t (?:do|fix)\b"
    r"|nicht (?:mehr )?(?:nötig|gebraucht|benötigt)\b|(?:pas|plus) nécessaire\b|(?:ya )?no (?:es |fue )?necesari[oa]\b"
)
_FEW = 4
_TO_DO = frozenset({"remove", "revoke", "delete"})
_NO = frozenset({"no", "false", "not", "nein", "non"})
_BEFORE = 20


def says_dropped(text: str) -> bool:
    """Whether a closeout says that nothing came of what was asked for: refused, withdrawn, or no access was given."""
    first = _CLAUSE.split(text[:LONGEST].strip())[0]
    words = _words(first)
    begins = _set("refused").union(_set("dropped")).intersection(words[:1])
    # `Cancelled order fixed` tells of an order.
    dropped = len(words) <= _FEW and begins and not (words[2:] and _is_other(["was", *words], 1))
    said = dropped or _caseless(_NOT_NEEDED).match(first) or _caseless(_NEVER_GIVEN).search(text[:LONGEST])
    return bool(said) and says_removed(text) is None


@lru_cache(maxsize=4096)
def is_off(status: str) -> bool:
    """Whether a status or a resolution says that nothing is to come of a ticket: `Rejected`, `Closed - Won't Do`.

    What is `Revoked` was given before.
    """
    parts = (part.replace("_", " ").strip() for part in _STATUS.split(status[:LONGEST]))
    return any(says_dropped(part) or _caseless(_NOT_TO_DO).fullmatch(part) for part in parts if not _taken_back(part))


def is_draft(status: str) -> bool:
    """Whether a status says that a ticket was begun and not handed in: nobody was asked for anything yet."""
    return (
        _caseless(r"draft|entwurf|brouillon|borrador|bozza|rascunho|concept|下書き|草稿").fullmatch(status.strip())
        is not None
    )


def _taken_back(part: str) -> bool:
    return _caseless(r"revoked|withdrawn access|widerrufen").match(part) is not None


_STATUS = re.compile(r"[,;:/()|]|\s[-\u2013\u2014]\s|\bclosed\b|\bgeschlossen\b", re.IGNORECASE)
_NOT_TO_DO = r"(?:not planned|not doing|will not (?:do|fix)|wont (?:do|fix)|已取消|已拒绝|却下|取消|キャンセル)"


def says_called(text: str) -> bool:
    """Whether a note says that somebody was called."""
    return _caseless(_CALLED).search(text[:LONGEST]) is not None


_CALLED = (
    r"\b(?:called|phoned|rang|rung|phone call|by phone|on the phone|over the phone|on a call|angerufen|telefonat"
    r"|telefonisch|telefoniert|am telefon|appel(?:é|ée|ai)|au téléphone|par téléphone|llam(?:é|ó|ado)|por teléfono)\b"
)


def says_removed(text: str) -> bool | None:
    """Whether a note says that the access is gone, or that it is not; None where it says nothing of it."""
    text = _COMPOUND.sub(" ", text[:LONGEST])
    said = True if _caseless(_NO_MORE).search(text) else None
    for match in _caseless(_ACCESS_GONE).finditer(text):
        near = f"{text[max(match.start() - _BEFORE, 0) : match.start()]} {match['between'] or ''}"
        near = near.rpartition(".")[2] if match["verb"] else f"{match['between'] or ''}"
        denied = re.search(rf"\b{_STILL}\b|n['\u2019]t\b", near, re.IGNORECASE) is not None
        asked = not match["answer"] and "?" in text[match.start() : match.end() + 1]
        # `remove the access` is asked for, or to be done; `did remove the access` is done.
        to_do = (match["verb"] or "").casefold() in _TO_DO and not re.search(r"\bdid\s*$", near, re.IGNORECASE)
        answer = (match["answer"] or "").casefold() in _NO
        said = not (denied or answer or asked or to_do)
    return False if said is None and _caseless(_STILL_THERE).search(text) else said
