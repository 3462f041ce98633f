"""What Telegram would not parse of a text in the policy's own payload is said by `check`, and nothing else."""

from __future__ import annotations

import pytest

from tocsin.channels.telegram_markup import html_problems, markdown_problems

HTML = [
    ("<b>x</b> &lt; y", None),
    ('<a href="https://ci.example.com/7?a=1&amp;b=2">run</a>', None),
    ("<a href='tg://user?id=77'>Ada</a>", None),
    ('<pre><code class="language-py">x</code></pre><blockquote expandable>y</blockquote>', None),
    ('<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>', None),
    ("a < b", "begins no tag"),
    ("<", "begins no tag"),
    ("<b>x", "<b> that is not closed"),
    ("<b><i>x</b></i>", "</b> that closes nothing"),
    ("x</b>", "</b> that closes nothing"),
    ("<div>x</div>", "does not know: <div>"),
    ("<a>x</a>", "neither a plain http"),
    ('<a href="javascript:x">x</a>', "neither a plain http"),
    ('<a href="tg://user?id=ada">x</a>', "neither a plain http"),
    ('<a href="tg://resolve?domain=x">x</a>', "neither a plain http"),
]
MARKDOWN = [
    (r"*x* _y_ __z__ ~s~ ||p|| done\.", None),
    ("[run](https://ci.example.com/7_8.html)", None),
    ("[Ada](tg://user?id=77)", None),
    ("![x](tg://emoji?id=5)", None),
    ("```py\na.b(c)! * [\n```", None),
    (r"`a.b\`c-d`", None),
    ("> quoted\n>more", None),
    ("**>long||", None),
    (r"\*\_\[\]\(\)\~\`\>\#\+\-\=\|\{\}\.\!\\", None),
    ("*_x_*", None),
    ("Done.", r"write \."),
    ("a-b", r"write \-"),
    ("x > y", r"write \>"),
    ("(x)", r"write \("),
    ("*x", r"* that is not closed"),
    ("`x", r"write \`"),
    ("*_x*_", "* inside another mark"),
    ("[x]", r"write \]"),
    ("[x](javascript:a)", "neither a plain http"),
    ("x](https://a.example)", "closes nothing"),
]


@pytest.mark.parametrize(("text", "words"), HTML)
def test_html(text: str, words: str | None) -> None:
    found = list(html_problems(text))
    assert (words in found[0]) if words else not found, found


@pytest.mark.parametrize(("text", "words"), MARKDOWN)
def test_markdown(text: str, words: str | None) -> None:
    found = list(markdown_problems(text))
    assert (words in found[0]) if words else not found, found
