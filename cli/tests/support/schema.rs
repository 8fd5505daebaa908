//! Validates the JSON reports of live runs.

use serde_json::Value;

/// Asserts that a report conforms to its schema.
pub fn assert_valid(report: &Value) {
    let schema = serde_json::from_slice(include_bytes!("../../../live/schema/check.schema.json"));
    assert_conforms(report, &schema.expect("a schema in JSON"), "");
}

/// Asserts that a report of `judge` conforms to its schema.
pub fn assert_valid_judgement(report: &Value) {
    let schema = serde_json::from_slice(include_bytes!("../../schema/judge.schema.json"));
    assert_conforms(report, &schema.expect("a schema in JSON"), "");
}

/// Asserts that a value conforms to a schema.
pub fn assert_fits(value: &Value, schema: &Value) {
    assert_conforms(value, schema, "");
}

/// Asserts that a value conforms to a schema. It supports the keywords of JSON Schema that our schema uses, and panics
/// at others.
fn assert_conforms(value: &Value, schema: &Value, at: &str) {
    for (keyword, expected) in schema.as_object().expect("an object") {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "additionalProperties" | "items" => {}
            "const" => assert_eq!(value, expected, "{at}"),
            "enum" => assert!(expected.as_array().expect("a list").contains(value), "{at}: {value}"),
            "minimum" => assert!(value.as_u64() >= expected.as_u64(), "{at}: {value}"),
            "required" => expected.as_array().expect("a list").iter().for_each(|name| {
                assert!(value.get(name.as_str().expect("a name")).is_some(), "{at}: {name}")
            }),
            "properties" => {
                for (name, value) in value.as_object().expect("an object") {
                    let property =
                        expected.get(name).unwrap_or_else(|| panic!("{at}/{name} is not in the schema"));
                    assert_conforms(value, property, &format!("{at}/{name}"));
                }
            }
            "type" => {
                let is = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("integer") => value.is_u64(),
                    Some("number") => value.is_number(),
                    Some("boolean") => value.is_boolean(),
                    Some("null") => value.is_null(),
                    _ => panic!("{at}: expected a supported type, found {name}"),
                };
                let fits = expected.as_array().map_or_else(|| is(expected), |names| names.iter().any(is));
                assert!(fits, "{at}: expected {expected}, found {value}");
            }
            other => panic!("{at}: expected a supported keyword, found `{other}`"),
        }
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        values.iter().for_each(|value| assert_conforms(value, items, &format!("{at}/-")));
    }
}
