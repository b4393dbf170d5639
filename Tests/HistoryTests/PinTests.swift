import Foundation
import History
import Testing

@Suite("Pins")
struct PinTests {
    private let pin = Pin(
        certificate: "web",
        version: version(1),
        reason: "the new chain breaks old phones",
        actor: "ada",
        at: time(10),
        until: time(3610)
    )

    @Test("A pin comes back as it was set, and is gone after it was lifted")
    func setAndLifted() throws {
        try withHistory { history, _ in
            #expect(try history.pin(of: "web") == nil)
            try history.setPin(pin)
            #expect(try history.pin(of: "web") == pin)
            #expect(try history.pin(of: "api") == nil)
            #expect(try history.removePin(of: "web", at: time(20), by: "grace") == pin)
            #expect(try history.pin(of: "web") == nil)
            #expect(try history.removePin(of: "web") == nil)
        }
    }

    @Test("A new pin lifts the one before, and both stay in the history")
    func replaced() throws {
        try withHistory { history, _ in
            let second = Pin(certificate: "web", version: version(2), actor: "bob", at: time(20))
            try history.setPin(pin)
            try history.setPin(second)
            #expect(try history.pin(of: "web") == second)
            _ = try history.removePin(of: "web")
            let past = try history.pins(of: "web")
            #expect(past.map(\.pin) == [second, pin])
            #expect(past.last?.removedAt == time(20))
            #expect(past.last?.removedBy == "bob")
            #expect(past.first?.removedAt != nil)
            #expect(past.first?.removedBy == nil)
        }
    }

    @Test("A pin with an end still comes back after it, and says that it no longer holds")
    func ended() throws {
        try withHistory { history, _ in
            try history.setPin(pin)
            let read = try #require(try history.pin(of: "web"))
            #expect(read.holds(at: time(3609.999)))
            #expect(!read.holds(at: time(3610)))
        }
    }

    @Test("A pin without an end always holds")
    func endless() {
        let pin = Pin(certificate: "web", version: version(1), actor: "ada", at: time(0))
        #expect(pin.holds(at: .distantFuture))
    }
}
