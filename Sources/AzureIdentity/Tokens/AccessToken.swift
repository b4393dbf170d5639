import Foundation
import Sensitive

/// A bearer token, and how long it is good for.
package struct AccessToken: Sendable {
    package let secret: SensitiveBytes
    package let expiresAt: Date
    /// From here on a new one is tried for, while this one still counts.
    package let renewAt: Date

    package init(secret: SensitiveBytes, expiresAt: Date, renewAt: Date) {
        self.secret = secret
        self.expiresAt = expiresAt
        self.renewAt = renewAt
    }
}
