import COpenSSL

/// An `OSSL_LIB_CTX` of its own with the legacy provider, for what 2016 encrypted with RC2-40.
///
/// Loaded into the default context the provider would bring RC2, RC4 and MD4 back for the whole
/// process, TLS included (OSSL_PROVIDER-legacy(7)). This one is loaded when it is first asked for
/// and lives as long as one file is read or written.
struct LegacyContext: ~Copyable {
    private var context: OpaquePointer?
    private var providers: [OpaquePointer] = []

    deinit {
        for provider in providers { OSSL_PROVIDER_unload(provider) }
        OSSL_LIB_CTX_free(context)
    }

    /// The context, nil where the provider is not installed.
    mutating func load() -> OpaquePointer? {
        if context == nil { context = OSSL_LIB_CTX_new() }
        guard let context else { return nil }
        if providers.isEmpty {
            let names = ["default", "legacy"]
            providers = names.compactMap { OSSL_PROVIDER_load(context, $0) }
        }
        return providers.count == 2 ? context : nil
    }
}
