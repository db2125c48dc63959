"""Files of records, which the documents call bytes."""

import json

import schemathesis
from hypothesis import strategies as st

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
cell = st.one_of(
    text,
    st.sampled_from(["", "true", "high", "1969", "0-441-47812-3", "2030-01-01T00:00:00Z", '"', "=1+1"]),
)
columns = st.lists(
    st.sampled_from(
        ["title", "author", "isbn", "published_year", "description", "completed", "due_at", "priority", "id"]
    ),
    min_size=1,
    unique=True,
)


def csv_of(table):
    lines = [",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in table]
    return "\r\n".join(lines).encode()


@st.composite
def csv(draw):
    header = draw(columns)
    rows = draw(st.lists(st.lists(cell, min_size=len(header), max_size=len(header)), max_size=5))
    return csv_of([header, *rows])


member = st.one_of(cell, st.booleans(), st.none(), st.integers(-4000, 10000))
record = st.dictionaries(st.one_of(st.sampled_from(["title", "author", "isbn", "due_at"]), text), member)
todo = st.fixed_dictionaries(
    {"title": text.map(lambda words: f"T{words}")},
    optional={"completed": st.booleans(), "priority": st.sampled_from(["low", "normal", "high"])},
)
book = st.fixed_dictionaries(
    {"title": text.map(lambda words: f"T{words}"), "author": st.just("Somebody")},
    optional={"published_year": st.integers(-3000, 9999)},
)


def ndjson_of(records):
    return "".join(f"{json.dumps(one)}\n" for one in records).encode()


records = st.one_of(*(st.lists(kind, max_size=5) for kind in (todo, book, record))).map(ndjson_of)
garbage = st.binary(max_size=200)
schemathesis.openapi.media_type("text/csv", st.one_of(csv(), garbage))
schemathesis.openapi.media_type("application/x-ndjson", st.one_of(records, garbage))
