/// What can be done with certificates, live and deleted; as `SecretOperations`.
struct CertificateOperations: Sendable {
    let request: VaultRequest

    private var bundles: Bundles { Bundles(request) }

    func list(_ contents: VaultContents, deleted: Bool) -> Reply {
        let items = contents.objects.compactMap { key, object -> Page.Item? in
            guard object.kind == .certificate, (object.deletedAt != nil) == deleted,
                let newest = object.newest
            else { return nil }
            return .init(key: key, value: bundles.certificateItem(object, newest, isVersion: false))
        }
        return Page.reply(to: request, items: items)
    }

    func versions(_ name: String, _ contents: VaultContents) -> Reply {
        guard let object = live(name, contents) else { return Page.reply(to: request, items: []) }
        return Page.reply(
            to: request,
            items: object.versions.map { version in
                .init(
                    key: version.id,
                    value: bundles.certificateItem(object, version, isVersion: true)
                )
            }
        )
    }

    /// One version, or the newest with its policy; a disabled one is answered like any other.
    func get(_ name: String, version id: String?, _ contents: VaultContents) -> Reply {
        guard let object = live(name, contents) else { return .notFound("Certificate", name) }
        if object.versions.isEmpty, id == nil {
            return .json(bundles.unfinishedCertificate(object))
        }
        guard let index = object.index(of: id) else {
            return .notFound("Certificate", name + "/versions/" + (id ?? ""))
        }
        return .json(bundles.certificate(object, object.versions[index], isNewest: id == nil))
    }

    func update(_ name: String, version id: String?, _ contents: inout VaultContents) -> Reply {
        guard let body = request.exchange.json else {
            return .badParameter("The request body is not valid JSON")
        }
        guard var object = live(name, contents), let index = object.index(of: id) else {
            return .notFound("Certificate", id.map { name + "/versions/" + $0 } ?? name)
        }
        object.versions[index].apply(body, now: request.now)
        contents[name] = object
        return .json(bundles.certificate(object, object.versions[index], isNewest: id == nil))
    }

    func policy(_ name: String, _ contents: VaultContents) -> Reply {
        guard let object = live(name, contents), let policy = object.policy else {
            return .notFound("Certificate", name)
        }
        return .json(bundles.policy(policy, of: object))
    }

    func updatePolicy(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = live(name, contents), let old = object.policy else {
            return .notFound("Certificate", name)
        }
        guard let body = request.exchange.json else {
            return .badParameter("The request body is not valid JSON")
        }
        let policy = CertificatePolicy(body, over: old, name: name, now: request.now)
        object.policy = policy
        contents[name] = object
        return .json(bundles.policy(policy, of: object))
    }

    func pending(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = live(name, contents), var operation = object.operation else {
            return .pendingNotFound(name)
        }
        var reply = Reply.json(bundles.operation(operation, of: object))
        if !operation.isComplete {
            reply.fields.append(.init(name: "Retry-After", value: "10"))
            operation.remainingPolls = max(operation.remainingPolls - 1, 0)
            object.operation = operation
            contents[name] = object
        }
        return reply
    }

    func delete(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = live(name, contents), let newest = object.newest else {
            return .notFound("Certificate", name)
        }
        object.deletedAt = request.now
        contents[name] = object
        return .json(bundles.certificate(object, newest, isNewest: true))
    }

    // MARK: Deleted certificates

    func getDeleted(_ name: String, _ contents: VaultContents) -> Reply {
        guard let object = deleted(name, contents), let newest = object.newest else {
            return .deletedNotFound("Certificate", name)
        }
        return .json(bundles.certificate(object, newest, isNewest: true))
    }

    func recover(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard var object = deleted(name, contents), let newest = object.newest else {
            return .deletedNotFound("Certificate", name)
        }
        object.deletedAt = nil
        contents[name] = object
        return .json(bundles.certificate(object, newest, isNewest: true))
    }

    func purge(_ name: String, _ contents: inout VaultContents) -> Reply {
        guard deleted(name, contents) != nil else { return .deletedNotFound("Certificate", name) }
        contents[name] = nil
        return .noContent
    }

    private func live(_ name: String, _ contents: VaultContents) -> VaultObject? {
        contents.live(name).flatMap { $0.kind == .certificate ? $0 : nil }
    }

    private func deleted(_ name: String, _ contents: VaultContents) -> VaultObject? {
        contents.deleted(name).flatMap { $0.kind == .certificate ? $0 : nil }
    }
}
