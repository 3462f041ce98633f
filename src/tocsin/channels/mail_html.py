"""The HTML part of a mail: tables and inline styles, which every reader shows; no image, no script, nothing remote.

Built so that it reads in Outlook (no CSS widths), Gmail (which cuts a mail off at 102 KB), in the dark and on a phone.
Every value is escaped here; the message's links are http or https already.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from tocsin.channels.mail_text import history, links, origin, preview_line

if TYPE_CHECKING:
    from tocsin.message import Message, Reason

LINK_MAX_CHARS = 400  # ours: with this even sixteen of the worst values stay below Gmail's 102 KB; the button keeps any link

_FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_MONOSPACE = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"
_BREAK = "overflow-wrap:anywhere;word-break:break-word"
_LAYOUT = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
_CARD = (
    "max-width:600px;background:#ffffff;border:1px solid #dfe3e8;border-radius:8px;border-collapse:separate;overflow:hidden;text-align:left"
)
_STYLE = """\
:root{color-scheme:light dark;supported-color-schemes:light dark}
a{text-decoration:underline}
@media (max-width:480px){
.page{padding:0!important}.card{border-radius:0!important}
.box{padding-left:16px!important;padding-right:16px!important}}
@media (prefers-color-scheme:dark){
.ground{background:#111317!important}.card{background:#1c1f26!important;border-color:#2e333d!important}
.ink,.ink a{color:#eceef2!important}.soft{color:#a4abb8!important}.line{border-color:#2e333d!important}.tint{background:#262a33!important}
.log{background:#15181d!important}
a.link{color:#8db4ff!important}}"""


def html_page(message: Message) -> str:
    """The whole document."""
    colour = f"#{message.colour:06x}"
    sections = [_head(message), _reasons(message), _history(message), _links(message), _details(message), _section("&nbsp;", "0 24px")]
    return f"""\
<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>{escape(message.headline)}</title>
<style>
{_STYLE}
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f2f4f7">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{escape(preview_line(message))}{"&#8199;&#847; " * 40}</div>
<table {_LAYOUT} class="ground" width="100%" style="background:#f2f4f7">
<tr><td class="page" align="center" style="padding:24px 12px">
<!--[if mso]><table {_LAYOUT} width="600"><tr><td><![endif]-->
<table {_LAYOUT} class="card" width="100%" style="{_CARD}">
<tr><td height="6" bgcolor="{colour}" style="height:6px;font-size:0;line-height:0;background:{colour}">&nbsp;</td></tr>
{"".join(sections)}</table>
{_footer(message)}<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
"""


def _section(content: str, padding: str) -> str:
    style = f"padding:{padding};{_FONT};font-size:15px;line-height:22px;color:#1d2433;{_BREAK}"
    return f'<tr><td class="box ink" style="{style}">{content}</td></tr>\n'


def _head(message: Message) -> str:
    title = f'<span aria-hidden="true">{message.icon}</span>&nbsp;{escape(message.title)}'
    return _section(f'<h1 style="margin:0;font-size:18px;line-height:26px;font-weight:600">{title}</h1>', "20px 24px 0")


def _reasons(message: Message) -> str:
    more = message.more
    rows = [_reason(reason) for reason in message.reasons]
    rows += [f'<p style="margin:4px 0 0">{_value(more.label, more.url)}</p>'] if more else []
    if not rows:
        return ""
    box = (
        f'<table {_LAYOUT} width="100%"><tr>'
        f'<td class="tint ink" bgcolor="#f8f9fb" style="padding:6px 14px 10px;border-left:4px solid #{message.colour:06x};'
        f'background:#f8f9fb;{_FONT};font-size:14px;line-height:20px;color:#1d2433;{_BREAK}">{"".join(rows)}</td></tr></table>'
    )
    return _section(box, "14px 24px 0")


def _reason(reason: Reason) -> str:
    text = f": {escape(reason.text)}" if reason.where and reason.text else ""
    line = f'<p style="margin:4px 0 0">{_value(reason.where or reason.text, reason.url)}{text}</p>'
    return line + (_excerpt(reason.excerpt) if reason.excerpt else "")


def _excerpt(lines: tuple[str, ...]) -> str:
    """Lines of a log; a no-break space keeps each step of indentation, which HTML would drop."""
    rows = "".join(f'<p style="margin:0">{escape(_indented(line))}</p>' for line in lines)
    style = f"margin:6px 0 2px;padding:8px 10px;background:#eceff3;{_MONOSPACE};font-size:12px;line-height:18px"
    return f'<div class="log" style="{style}">{rows}</div>'


def _indented(line: str) -> str:
    text = line.lstrip(" ")
    return "\xa0" * (len(line) - len(text)) + text


def _history(message: Message) -> str:
    lines = "".join(
        f'<p style="margin:4px 0 0">{"".join(_value(span.text, span.url) for span in sentence)}</p>' for sentence in history(message)
    )
    return _section(lines, "10px 24px 0") if lines else ""


def _details(message: Message) -> str:
    if not message.table:
        return ""
    rows = "".join(
        f'<tr><th scope="row" class="soft line" align="left" valign="top" width="92" style="width:92px;padding:7px 12px 7px 0;'
        f'border-top:1px solid #e8ebef;font-weight:400;color:#5b6472">{escape(detail.label)}</th>'
        f'<td class="ink line" align="left" valign="top" style="padding:7px 0;border-top:1px solid #e8ebef;color:#1d2433;{_BREAK}">'
        f"{_value(detail.value, detail.url)}</td></tr>\n"
        for detail in message.table
    )
    table = (
        f'<table width="100%" cellpadding="0" cellspacing="0" border="0" style="{_FONT};font-size:14px;line-height:20px">\n{rows}</table>'
    )
    return _section(table, "20px 24px 0")


def _value(text: str, url: str | None) -> str:
    if not url or len(url) > LINK_MAX_CHARS:
        return escape(text)
    return f'<a class="link" href="{escape(url)}" style="color:#1a56c4">{escape(text)}</a>'


def _links(message: Message) -> str:
    """The first as a button, the others as links beside it: a row of buttons is wider than a phone."""
    if not (wanted := links(message)):
        return ""
    first, *others = wanted
    anchor = (
        f'<a href="{escape(first.url)}" style="display:inline-block;padding:9px 18px;border-radius:6px;background:#1a56c4;'
        f'{_FONT};white-space:nowrap;font-size:15px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none">{escape(first.label)}</a>'
    )
    button = f'<td bgcolor="#1a56c4" style="border-radius:6px;background:#1a56c4">{anchor}</td>'
    more = " &nbsp; ".join(f'<a class="link" href="{escape(link.url)}" style="color:#1a56c4">{escape(link.label)}</a>' for link in others)
    beside = f'<td class="ink" style="padding:0 0 0 16px;{_FONT};font-size:14px;line-height:20px">{more}</td>' if more else ""
    return _section(f"<table {_LAYOUT}><tr>{button}{beside}</tr></table>", "18px 24px 0")


def _footer(message: Message) -> str:
    if not origin(message):
        return ""
    return (
        f'<table {_LAYOUT} width="100%" style="max-width:600px"><tr>'
        f'<td class="box soft" align="left" style="padding:14px 24px;{_FONT};font-size:12px;line-height:18px;color:#5b6472;{_BREAK}">'
        f"{escape(origin(message))}</td></tr></table>\n"
    )
