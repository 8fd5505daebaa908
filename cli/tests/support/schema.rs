//! What the reports of live runs look like.

use serde_json::Value;

/// Asserts that a report is what its schema says.
pub fn assert_valid(report: &Value) {
    let schema = serde_json::from_slice(include_bytes!("../../../live/schema/check.schema.json"));
    conforms(report, &schema.expect("the schema is JSON"), "");
}

/// What of JSON Schema our own uses, and a panic for what it does not.
fn conforms(value: &Value, schema: &Value, at: &str) {
    for (word, asked) in schema.as_object().expect("a schema is an object") {
        match word.as_str() {
            "$schema" | "title" | "description" | "additionalProperties" | "items" => {}
            "const" => assert_eq!(value, asked, "{at}"),
            "enum" => assert!(asked.as_array().expect("a list").contains(value), "{at}: {value}"),
            "minimum" => assert!(value.as_u64() >= asked.as_u64(), "{at}: {value}"),
            "required" => asked.as_array().expect("a list").iter().for_each(|name| {
                assert!(value.get(name.as_str().expect("a name")).is_some(), "{at}: {name}")
            }),
            "properties" => {
                for (name, value) in value.as_object().expect("an object") {
                    let known = asked.get(name).unwrap_or_else(|| panic!("{at}/{name} is not in the schema"));
                    conforms(value, known, &format!("{at}/{name}"));
                }
            }
            "type" => {
                let is = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("integer") => value.is_u64(),
                    Some("boolean") => value.is_boolean(),
                    Some("null") => value.is_null(),
                    _ => panic!("{at}: the type {name}"),
                };
                let fits = asked.as_array().map_or_else(|| is(asked), |names| names.iter().any(is));
                assert!(fits, "{at}: expected {asked}, found {value}");
            }
            other => panic!("{at}: the word `{other}` is not read here"),
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values.iter().for_each(|value| conforms(value, items, &format!("{at}/-")));
    }
}
