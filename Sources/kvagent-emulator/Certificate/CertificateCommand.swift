import ArgumentParser

/// `certificate`: what can be done with certificates.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Make certificates, rotate them, import, disable and delete them.",
        subcommands: [
            CertificateCreate.self, CertificateRotate.self, CertificateImport.self,
            CertificateShow.self, CertificateDisable.self, CertificateEnable.self,
            CertificateDelete.self, CertificateRecover.self,
        ]
    )
}
