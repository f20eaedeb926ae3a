"""A critique in XMP (ISO 16684-1): description, keywords and rating, merged into what other programs wrote.

Nothing of theirs is lost: the document is changed in place, and only at the three properties. What Mondrian wrote is
noted beside them, so that the next critique replaces its own words and not the photographer's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias
from xml.dom import Node, minidom
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape, quoteattr

from mondrian_desktop.errors import UserError
from mondrian_desktop.report.clean import clean, clean_line
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.report.verdict import verdict

Element: TypeAlias = Any
"""An element or node of a ``minidom`` document, of which the type stubs know little."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
XMP = "http://ns.adobe.com/xap/1.0/"
OWN = "urn:mondrian-desktop:xmp:1"
_XML = "http://www.w3.org/XML/1998/namespace"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_PREFIXES = {DC: "dc", XMP: "xmp", RDF: "rdf", OWN: "mondrian"}
_MAX_BYTES = 8 << 20
_ON_A_LINE = 3
_IN_ATTRIBUTES = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '  <rdf:Description rdf:about=""/>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>\n'
)


class Merge(StrEnum):
    """What happens to a description, to keywords, to a rating that are there already."""

    APPEND = "append"
    SKIP = "skip"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be written: ``rating`` in stars, 1 to 5, or None for none."""

    description: str = ""
    keywords: tuple[str, ...] = ()
    rating: int | None = None


def words(analysis: Analysis, *, with_rating: bool = False) -> Words:
    """Return what of a critique goes into a sidecar: what is seen, strong, and to be worked on; stars on request."""
    critique = analysis.critique
    if critique is None:
        return Words()
    keywords = []
    for score in critique.dimensions:
        name = clean_line(score.name, 60).lower()
        tone = verdict(score.score).tone
        if tone != "solid":
            keywords.append(f"strong {name}" if tone == "strong" else f"work on {name}")
    overall = critique.overall_score
    rating = None if overall is None or not with_rating else min(5, max(1, round(overall / 2)))
    return Words(clean(critique.image_description, 2000).strip(), tuple(keywords), rating)


def merge(existing: bytes | None, new: Words, how: Merge = Merge.APPEND) -> bytes:
    """Return a sidecar's bytes: ``existing`` (None: a new one) with the words in it.

    Raises
    ------
    UserError
        Where what exists is not XMP.
    """
    header, document = _parse(_EMPTY.encode() if existing is None else existing)
    sidecar = _Sidecar(document)
    sidecar.describe(new.description, how)
    sidecar.add_keywords(new.keywords, how)
    if new.rating is not None:
        sidecar.rate(new.rating, how)
    return (header + "".join(_write(document))).encode("utf-8")


class _Sidecar:
    """The properties of one document, wherever they stand in it."""

    def __init__(self, document: minidom.Document) -> None:
        self._document = document
        found = document.getElementsByTagNameNS(RDF, "RDF")
        if not found:
            raise _not_xmp()
        self._rdf = found[0]
        # Descriptions at the top are the photo's; others are structures inside properties.
        self._descriptions = [each for each in _elements(self._rdf) if _is(each, RDF, "Description")]
        if not self._descriptions:
            self._descriptions = [self._add(self._rdf, RDF, "Description")]
            self._descriptions[0].setAttributeNS(RDF, f"{self._prefix(self._rdf, RDF)}:about", "")

    def describe(self, text: str, how: Merge) -> None:
        if not text:
            return
        ours = self._text(OWN, "Description")
        there = self._text(DC, "description")
        if not there or how is Merge.OVERWRITE or there == ours:
            written = text
        elif how is Merge.SKIP:
            return
        elif ours and ours in there:
            written = there.replace(ours, text)
        else:
            written = there if text in there else f"{there}\n\n{text}"
        self._set_alternative(DC, "description", written)
        self._set_simple(OWN, "Description", text)

    def add_keywords(self, keywords: Sequence[str], how: Merge) -> None:
        ours = {each.casefold() for each in self._items(OWN, "Keywords")}
        there = [each for each in self._items(DC, "subject") if each.casefold() not in ours]
        if not keywords or (there and how is Merge.SKIP):
            return
        kept = [] if how is Merge.OVERWRITE else there
        known = {each.casefold() for each in kept}
        added = [each for each in keywords if each.casefold() not in known]
        self._set_bag(DC, "subject", [*kept, *added])
        self._set_bag(OWN, "Keywords", added)

    def rate(self, stars: int, how: Merge) -> None:
        # XMP specification part 2, 3.1: 0 is "unrated", which digiKam and others write; -1 is "rejected", and stays.
        if how is Merge.OVERWRITE or self._text(XMP, "Rating").strip() in ("", "0"):
            self._set_simple(XMP, "Rating", str(stars))

    def _find(self, space: str, name: str) -> Element | None:
        found = (each for about in self._descriptions for each in _elements(about) if _is(each, space, name))
        return next(found, None)

    def _text(self, space: str, name: str) -> str:
        element = self._find(space, name)
        if element is None:
            return next(
                (
                    about.getAttributeNS(space, name)
                    for about in self._descriptions
                    if about.hasAttributeNS(space, name)
                ),
                "",
            )
        return _content(_default(element) or element)

    def _items(self, space: str, name: str) -> list[str]:
        element = self._find(space, name)
        if element is None:
            text = self._text(space, name)
            return [text] if text else []
        return [_content(item) for item in element.getElementsByTagNameNS(RDF, "li")]

    def _set_simple(self, space: str, name: str, text: str) -> None:
        for about in self._descriptions:
            if about.hasAttributeNS(space, name):
                about.setAttributeNS(space, about.getAttributeNodeNS(space, name).nodeName, text)
                return
        _fill(self._find(space, name) or self._add_property(space, name), text)

    def _set_alternative(self, space: str, name: str, text: str) -> None:
        element = self._element(space, name)
        item = _default(element)
        if item is None:
            _clear(element)
            item = self._add(self._add(element, RDF, "Alt"), RDF, "li")
            item.setAttributeNS(_XML, "xml:lang", "x-default")
        _fill(item, text)

    def _set_bag(self, space: str, name: str, items: Sequence[str]) -> None:
        element = self._element(space, name)
        bag = next((each for each in _elements(element) if each.namespaceURI == RDF), None)
        if bag is None:
            _clear(element)
            bag = self._add(element, RDF, "Bag")
        # What stays keeps its place and its qualifiers.
        there = {_content(item): item for item in _elements(bag)}
        for text, item in there.items():
            if text not in items:
                bag.removeChild(item)
        for text in items:
            if text not in there:
                _fill(self._add(bag, RDF, "li"), text)

    def _element(self, space: str, name: str) -> Element:
        """Return the property as an element, where it was an attribute too."""
        for about in self._descriptions:
            if about.hasAttributeNS(space, name):
                about.removeAttributeNS(space, name)
        return self._find(space, name) or self._add_property(space, name)

    def _add_property(self, space: str, name: str) -> Element:
        return self._add(self._descriptions[0], space, name)

    def _add(self, parent: Element, space: str, name: str) -> Element:
        element = self._document.createElementNS(space, f"{self._prefix(parent, space)}:{name}")
        parent.appendChild(element)
        return element

    @staticmethod
    def _prefix(element: Element, space: str) -> str:
        """Return the prefix that stands for a namespace here; declared on this element where none does."""
        bound: dict[str, str] = {}
        at = element
        while at is not None and at.nodeType == Node.ELEMENT_NODE:
            for name, value in at.attributes.items():
                if name.startswith("xmlns:"):
                    bound.setdefault(name[6:], value)
            at = at.parentNode
        for prefix, uri in bound.items():
            if uri == space:
                return prefix
        prefix = _PREFIXES[space]
        while prefix in bound:
            prefix += "x"
        element.setAttributeNS(_XMLNS, f"xmlns:{prefix}", space)
        return prefix


def _parse(data: bytes) -> tuple[str, minidom.Document]:
    """Return the XML declaration and the document. A document type, and with it every entity, is refused."""
    if len(data) > _MAX_BYTES:
        raise _not_xmp()
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8").strip("\ufeff\0 \t\r\n")
    except UnicodeDecodeError as err:
        raise _not_xmp() from err
    header = ""
    if text.startswith("<?xml") and text[5:6].isspace():
        text = text.partition("?>")[2].lstrip()
        header = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        raise _not_xmp()
    try:
        return header, minidom.parseString(text.encode("utf-8"))  # noqa: S318 - no document type, no entities; bounded
    except (ExpatError, ValueError) as err:
        raise _not_xmp() from err


def _not_xmp() -> UserError:
    return UserError("The sidecar is not XMP, or is damaged.", "It was left as it is. Move it away to have a new one.")


def _write(node: Element) -> Iterator[str]:
    """Yield a node as XML; unlike minidom's own, attributes keep their line breaks."""
    if node.nodeType == Node.DOCUMENT_NODE:
        for child in node.childNodes:
            yield from _write(child)
            yield "\n"
    elif node.nodeType == Node.ELEMENT_NODE:
        named = sorted(node.attributes.items(), key=lambda item: not item[0].startswith("xmlns"))
        between = "\n    " if len(named) > _ON_A_LINE else " "
        attributes = "".join(f"{between}{name}={quoteattr(value, _IN_ATTRIBUTES)}" for name, value in named)
        if not node.childNodes:
            yield f"<{node.nodeName}{attributes}/>"
            return
        yield f"<{node.nodeName}{attributes}>"
        for child in node.childNodes:
            yield from _write(child)
        yield f"</{node.nodeName}>"
    elif node.nodeType == Node.TEXT_NODE:
        yield escape(node.data, {"\r": "&#13;"})
    else:
        yield node.toxml()


def _elements(node: Element) -> list[Element]:
    return [child for child in node.childNodes if child.nodeType == Node.ELEMENT_NODE]


def _is(element: Element, space: str, name: str) -> bool:
    return bool(element.namespaceURI == space and element.localName == name)


def _default(element: Element) -> Element | None:
    """Return the alternative for every language, or the first one; None where there are none."""
    items = list(element.getElementsByTagNameNS(RDF, "li"))
    default = (item for item in items if item.getAttributeNS(_XML, "lang") == "x-default")
    return next(default, items[0] if items else None)


def _content(element: Element) -> str:
    return "".join(
        child.data for child in element.childNodes if child.nodeType in (Node.TEXT_NODE, Node.CDATA_SECTION_NODE)
    )


def _clear(element: Element) -> None:
    while element.firstChild is not None:
        element.removeChild(element.firstChild)


def _fill(element: Element, text: str) -> None:
    _clear(element)
    element.appendChild(element.ownerDocument.createTextNode(text))
