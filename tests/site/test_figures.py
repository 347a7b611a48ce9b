"""A picture has a caption, a text alternative, and every event in words, or the strict build fails."""

import pytest

SOUND = (
    '<svg role="img"><title>Two nodes</title><desc>a sends m to b.</desc>'
    '<path class="lane"/><g><title>m</title></g></svg><ol><li>a sends m to b</li></ol>'
)
CAPTION = "*Look at m.*"


def complaints(build, html, caption=CAPTION, **files):
    page = f"# A page\n\n```{{raw}} html\n{html}\n```\n\n{caption}\n"
    return build("figures", {"index.md": page, **files}).warnings


def test_a_picture_with_a_caption_a_description_and_a_transcript_is_sound(build):
    assert complaints(build, SOUND) == ""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (CAPTION, "Look at m.", "A picture has no caption"),
        (CAPTION, "", "A picture has no caption"),
        ("<title>Two nodes</title>", "", "A picture has no text alternative"),
        ("<desc>a sends m to b.</desc>", "<desc></desc>", "A picture has no text alternative"),
        ("<li>a sends m to b</li>", "", "A diagram with lifelines has no transcript"),
        ("<ol>", '<img src="a.png"><ol>', "A picture has no text alternative"),
    ],
)
def test_a_picture_that_lacks_something_is_refused(build, old, new, complaint):
    assert old in SOUND + CAPTION

    assert complaint in complaints(build, SOUND.replace(old, new), CAPTION.replace(old, new))


def test_what_no_screen_reader_sees_needs_no_words(build):
    assert complaints(build, '<svg aria-hidden="true"><path class="lane"/></svg>', caption="") == ""


def test_an_image_needs_an_alt_and_a_caption(build):
    bare = build("figures", {"index.md": "# A page\n\n![](a.png)\n", "a.png": ""}).warnings
    whole = build("figures", {"index.md": "# A page\n\n![A ring](a.png)\n\n*Look.*\n", "a.png": ""}).warnings

    assert "no text alternative" in bare
    assert "no caption" in bare
    assert whole == ""
