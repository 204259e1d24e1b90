"""Writes a text as Python's own libraries quote it: a JSON object of the names of writings to what they give."""
import base64, csv, html, io, json, quopri, shlex, sys, textwrap
from urllib.parse import quote, quote_plus, urlencode
from xml.sax.saxutils import escape, quoteattr

text = sys.argv[1]
data = text.encode()
row = io.StringIO()
csv.writer(row, quoting=csv.QUOTE_ALL).writerow([text])
encoded = base64.b64encode(data + b" and more of it, so that there are lines").decode()
print(json.dumps({
    "urllib quote": quote(text),
    "urllib quote, nothing safe": quote(text, safe=""),
    "urllib quote twice": quote(quote(text)),
    "urllib quote_plus": quote_plus(text),
    "urllib urlencode": urlencode({"a": text}),
    "html escape": html.escape(text),
    "html escape twice": html.escape(html.escape(text)),
    "html escape, no quotes": html.escape(text, quote=False),
    "ascii with entities": text.encode("ascii", "xmlcharrefreplace").decode(),
    "every character as a decimal entity": "".join(f"&#{ord(letter)};" for letter in text),
    "every character as a hex entity": "".join(f"&#x{ord(letter):x};" for letter in text),
    "sax escape": escape(text),
    "sax quoteattr": quoteattr(text),
    "json": json.dumps(text),
    "json, not ascii": json.dumps(text, ensure_ascii=False),
    "json in json": json.dumps(json.dumps({"a": text})),
    "json in json in json": json.dumps(json.dumps(json.dumps([text]))),
    "repr": repr(text),
    "repr of bytes": repr(data),
    "repr in json": json.dumps(repr(text)),
    "ascii": ascii(text),
    "unicode_escape": text.encode("unicode_escape").decode(),
    "backslashreplace": data.decode("ascii", "backslashreplace"),
    "backslash-x": "".join(f"\\x{byte:02x}" for byte in data),
    "shlex quote": shlex.quote(text),
    "csv": row.getvalue().strip(),
    "quoted-printable": quopri.encodestring(data, quotetabs=True).decode().replace("=\n", ""),
    "base64 with lines": base64.encodebytes(data * 3).decode(),
    "base64 with CRLF": base64.encodebytes(data * 3).decode().replace("\n", "\r\n"),
    "base64, folded": "\n  ".join(textwrap.wrap(encoded, 20)),
    "base64 in json": json.dumps(base64.encodebytes(data * 3).decode()),
    "base64, quoted": quote(base64.b64encode(data).decode(), safe=""),
    "hex with lines": "\n".join(textwrap.wrap(data.hex(), 16)),
}))
