import Sensitive

/// What can be done with secrets, live and deleted.
///
/// Each function decides by the contents of the vault alone, changes them where it writes, and
/// returns the answer.
struct SecretOperations: Sendable {
    let request: VaultRequest

    private var bundles: Bundles { Bundles(request) }

    func list(_ contents: VaultContents) -> Reply {
        let items = contents.objects.compactMap { key, object -> Page.Item? in
            guard object.deletedAt == nil, let newest = object.newest else { return nil }
            return .init(key: key, value: bundles.secretItem(object, newest, isVersion: false))
        }
        return Page.reply(to: request, items: items)
    }

    /// All versions, in the order of their ids, which says nothing of their age.
    ///
    /// A name nobody has used has an empty list.
    func versions(_ name: String, _ contents: VaultContents) -> Reply {
        guard let object = contents.live(name) else { return Page.reply(to: request, items: []) }
        return Page.reply(
            to: request,
            items: object.versions.map { version in
                .init(key: version.id, value: bundles.secretItem(object, version, isVersion: true))
            }
        )
    }

    /// One version, or the newest; a disabled one is refused and never stands aside for an older.
    func get(_ name: String, version id: String?, _ contents: VaultContents) -> Reply {
        guard let object = contents.live(name), !object.versions.isEmpty else {
            return .notFound("Secret", name)
        }
        guard let index = object.index(of: id) else {
            return .notFound("Secret", name + "/" + (id ?? ""))
        }
        let version = object.versions[index]
        guard version.isEnabled else { return .secretDisabled }
        return .json(bundles.secret(object, version, hasValue: true))
    }

    /// Adds a version.
    func set(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard let body = request.exchange.json, let value = body["value"]?.string else {
            return .badParameter("Property value has invalid value")
        }
        guard value.utf8.count <= 25_600 else {
            return .badParameter("The length of the value exceeds the maximum of 25600 characters")
        }
        guard contents.deleted(name) == nil else { return .deletedButRecoverable("Secret", name) }
        var object = contents[name] ?? VaultObject(name: name, kind: .secret)
        guard object.kind == .secret else { return .managedSecret("set") }
        let attributes = body["attributes"]
        let version = VaultVersion(
            id: VaultVersion.makeID(),
            isEnabled: attributes?["enabled"]?.bool ?? true,
            notBefore: attributes?["nbf"]?.integer,
            expires: attributes?["exp"]?.integer,
            created: request.now,
            updated: request.now,
            tags: body["tags"]?.stringDictionary,
            contentType: body["contentType"]?.string,
            value: StoredValue(SensitiveBytes(copying: Array(value.utf8))),
            certificate: nil
        )
        object.versions.append(version)
        contents[name] = object
        return .json(bundles.secret(object, version, hasValue: true))
    }

    /// Changes the attributes that the body names, and no others.
    func update(_ name: String, version id: String?, _ contents: inout VaultContents) -> Reply {
        guard let body = request.exchange.json else {
            return .badParameter("The request body is not valid JSON")
        }
        guard var object = contents.live(name), let index = object.index(of: id) else {
            return .notFound("Secret", id.map { name + "/" + $0 } ?? name)
        }
        object.versions[index].apply(body, now: request.now)
        if let contentType = body["contentType"]?.string {
            object.versions[index].contentType = contentType
        }
        contents[name] = object
        return .json(bundles.secret(object, object.versions[index], hasValue: false))
    }

    func delete(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = contents.live(name), let newest = object.newest else {
            return .notFound("Secret", name)
        }
        guard object.kind == .secret else { return .managedSecret("delete") }
        object.deletedAt = request.now
        contents[name] = object
        return .json(bundles.secret(object, newest, hasValue: false))
    }

    // MARK: Deleted secrets

    func listDeleted(_ contents: VaultContents) -> Reply {
        let items = contents.objects.compactMap { key, object -> Page.Item? in
            guard object.deletedAt != nil, let newest = object.newest else { return nil }
            return .init(key: key, value: bundles.secretItem(object, newest, isVersion: false))
        }
        return Page.reply(to: request, items: items)
    }

    func getDeleted(_ name: String, _ contents: VaultContents) -> Reply {
        guard let object = contents.deleted(name), let newest = object.newest else {
            return .deletedNotFound("Secret", name)
        }
        return .json(bundles.secret(object, newest, hasValue: false))
    }

    func recover(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = contents.deleted(name), let newest = object.newest else {
            return .deletedNotFound("Secret", name)
        }
        guard object.kind == .secret else { return .managedSecret("recover") }
        object.deletedAt = nil
        contents[name] = object
        return .json(bundles.secret(object, newest, hasValue: false))
    }

    func purge(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard let object = contents.deleted(name) else { return .deletedNotFound("Secret", name) }
        guard object.kind == .secret else { return .managedSecret("purge") }
        contents[name] = nil
        return .noContent
    }
}

extension VaultVersion {
    /// Takes over the attributes and tags that a body names.
    mutating func apply(_ body: JSON, now: Int) {
        let attributes = body["attributes"]
        if let isEnabled = attributes?["enabled"]?.bool { self.isEnabled = isEnabled }
        if let notBefore = attributes?["nbf"]?.integer { self.notBefore = notBefore }
        if let expires = attributes?["exp"]?.integer { self.expires = expires }
        if let tags = body["tags"]?.stringDictionary { self.tags = tags }
        updated = now
    }
}
