extension Settings {
    /// The JSON Schema of the settings, draft 2020-12, as `kvagent config schema` prints it.
    package static var schema: String {
        String(decoding: PackageResources.kvagent_schema_json, as: UTF8.self)
    }
}
