"""What Schemathesis reads differently than the documents mean it."""

import schemathesis

FILES = ("text/csv", "application/x-ndjson")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for media_type, media in operation.get("requestBody", {}).get("content", {}).items():
                # The example of a file is its text, and what is sent is bytes.
                if media_type in FILES:
                    media["example"] = media["example"].encode()
            for reply in operation["responses"].values():
                media = reply.get("content", {}).get("text/event-stream")
                # The schema of a stream is that of the `data` of each event; here it is that of the event.
                if media:
                    media["schema"] = event_of(media["schema"])
    lighten(raw_schema)


def lighten(schema):
    """Says that a text has no NUL in a way that takes no second for each length that it may have. (One that may be null is not
    broken by a null, which Schemathesis takes `not` to say.)"""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if not isinstance(schema, dict):
        return
    if schema.get("pattern") == "^[^\\x00]*$" and schema.get("type") == "string":
        schema.pop("pattern")
        schema["not"] = {"pattern": "\\x00"}
    for part in schema.values():
        lighten(part)


def event_of(data):
    return {
        "type": "object",
        "properties": {
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": data}
        },
    }
