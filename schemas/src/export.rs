//! JSON Schema of everything on the wire, the source of the committed `schemas/json/` and of all models.
