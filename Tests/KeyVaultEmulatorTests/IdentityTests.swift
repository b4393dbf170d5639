import HTTP
import SystemPackage
import Testing
import TestSupport

@testable import KeyVaultEmulator

@Suite("The identity endpoint")
struct IdentityTests {
    static let first = ManagedIdentity(
        clientID: "11111111-1111-1111-1111-111111111111",
        objectID: "22222222-2222-2222-2222-222222222222",
        resourceID: "/subscriptions/1/resourceGroups/a/providers/x/userAssignedIdentities/one"
    )
    static let second = ManagedIdentity(
        clientID: "33333333-3333-3333-3333-333333333333",
        objectID: "44444444-4444-4444-4444-444444444444"
    )
    static let query = "?api-version=2018-02-01&resource=https://vault.localhost"

    @Test("numbers are strings, and the resource and the identity come back")
    func shape() async throws {
        try await Bench.run { bench in
            let json = try await bench.askIdentity(Self.query).json
            #expect(json?["expires_in"] == .string("86400"))
            #expect(json?["expires_on"]?.string.flatMap { Int($0) } != nil)
            #expect(json?["not_before"]?.string != nil)
            #expect(json?["resource"] == .string("https://vault.localhost"))
            #expect(json?["token_type"] == .string("Bearer"))
            #expect(json?["client_id"] == .string(ManagedIdentity.system.clientID))
        }
    }

    @Test(
        "an identity is found by each of its ids",
        arguments: [
            "client_id=\(first.clientID)", "object_id=\(first.objectID)",
            "msi_res_id=\(first.resourceID ?? "")",
        ]
    )
    func selectors(_ selector: String) async throws {
        try await Bench.run({ $0.identities = [Self.first, Self.second] }) { bench in
            let answer = try await bench.askIdentity(Self.query + "&" + selector)
            #expect(answer.json?["client_id"] == .string(Self.first.clientID))
        }
    }

    @Test("an identity that is not assigned is not found")
    func unknown() async throws {
        try await Bench.run { bench in
            let answer = try await bench.askIdentity(Self.query + "&client_id=nobody")
            #expect(answer.status == 400)
            #expect(answer.json?["error"] == .string("invalid_request"))
            #expect(answer.json?["error_description"] == .string("Identity not found"))
        }
    }

    @Test("a machine without any identity has none to give")
    func none() async throws {
        try await Bench.run({ $0.hasSystemIdentity = false }) { bench in
            let answer = try await bench.askIdentity(Self.query)
            #expect(answer.status == 400)
            #expect(answer.json?["error_description"] == .string("Identity not found"))
        }
    }

    @Test("the only user-assigned identity is meant where none is named")
    func single() async throws {
        try await Bench.run({
            $0.hasSystemIdentity = false
            $0.identities = [Self.second]
        }) { bench in
            let answer = try await bench.askIdentity(Self.query)
            #expect(answer.json?["client_id"] == .string(Self.second.clientID))
        }
    }

    @Test("of several user-assigned identities one must be named")
    func several() async throws {
        try await Bench.run({
            $0.hasSystemIdentity = false
            $0.identities = [Self.first, Self.second]
        }) { bench in
            let answer = try await bench.askIdentity(Self.query)
            #expect(answer.status == 400)
            #expect(
                answer.json?["error_description"]?.string?.hasPrefix("Multiple user assigned")
                    == true
            )
        }
    }

    @Test("a request without the Metadata header is refused")
    func header() async throws {
        try await Bench.run { bench in
            let answer = try await bench.askIdentity(Self.query, hasHeader: false)
            #expect(answer.status == 400)
            #expect(
                answer.json?["error_description"]
                    == .string("Required metadata header not specified")
            )
        }
    }

    @Test(
        "a request that lacks a parameter is refused",
        arguments: [
            "", "?api-version=2018-02-01", "?resource=https://vault.localhost",
            "?api-version=2018-02-01&resource=vault",
        ]
    )
    func parameters(_ query: String) async throws {
        try await Bench.run { bench in
            let answer = try await bench.askIdentity(query)
            #expect(answer.status == 400)
        }
    }

    @Test("the identity endpoint can fail while the vaults do not")
    func faults() async throws {
        try await Bench.run { bench in
            let token = try await bench.token()
            var fault = Fault(.serverError, on: .identity, count: 1)
            fault.status = 410
            await bench.emulator.setFault(fault)
            let vault = try await bench.ask("/secrets?api-version=7.4", bearer: .this(token))
            #expect(vault.status == 200)
            #expect(try await bench.askIdentity(Self.query).status == 410)
            #expect(try await bench.askIdentity(Self.query).status == 200)
        }
    }

    @Test("Azure Arc's agent gives a token to whoever can read its key, once")
    func arc() async throws {
        try await withTemporaryDirectory { directory in
            let keys = directory.appending("tokens").string
            try await Bench.run({ $0.arcKeys = ArcKeyPlace(keys) }) { bench in
                let query = "?api-version=2020-06-01&resource=https://vault.localhost"
                let challenged = try await bench.askIdentity(query)
                #expect(challenged.status == 401)
                let realm = try #require(challenged.response.value(of: "WWW-Authenticate"))
                let file = try #require(realm.split(separator: "=").last.map(String.init))
                #expect(file.hasPrefix(keys + "/") && file.hasSuffix(".key"))
                let key = try readText(FilePath(file))
                let wrong = try await bench.askIdentity(query, authorization: "Basic x\(key)")
                #expect(wrong.status == 401)
                let answer = try await bench.askIdentity(query, authorization: "Basic \(key)")
                #expect(answer.json?["access_token"] != nil)
                let again = try await bench.askIdentity(query, authorization: "Basic \(key)")
                #expect(again.status == 401)
            }
        }
    }
}
