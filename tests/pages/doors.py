"""How the tests of pages name what they find."""

from __future__ import annotations


def named(elements, label):
    """The first element whose label begins so."""
    return next(element for element in elements if element.label.startswith(label))


def buttons(app):
    """The labels of all buttons."""
    return [button.label for button in app.button]


def words(app):
    """All sentences of a page: text, captions and boxes, and what stands at its controls: label, help, options."""
    said = []
    for element in _elements(app.main):
        said += [getattr(element, name, "") for name in ("label", "help")]
        if element.type not in ("text_input", "text_area", "selectbox", "radio"):  # what a visitor put in is not the page's
            said.append(getattr(element, "value", ""))
        said += list(getattr(element, "options", ()) or ())
    return [sentence for sentence in said if isinstance(sentence, str) and sentence.strip()]


def _elements(block):
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from _elements(child)
        if hasattr(child, "type"):
            yield child
