import Foundation

extension TimeInterval {
    /// The largest unit that fits: `89 days`, `3 h`, `12 min`, `40 s`.
    package var inWords: String {
        switch self {
        case ..<60: "\(Int(self)) s"
        case ..<3600: "\(Int(self / 60)) min"
        case ..<172_800: "\(Int(self / 3600)) h"
        default: "\(Int(self / 86_400)) days"
        }
    }
}
