import Foundation
import Glibc

/// An nginx on 127.0.0.1 that speaks TLS with a certificate of its own authority.
///
/// It is a child of the test, ends with this object, and after two minutes by itself.
package final class Nginx: Sendable {
    package let port: UInt16
    /// Its authority, as a bundle for a client that is to trust it.
    package let caBundle: String
    /// The certificate that it shows, unless a test gave it another.
    package var certificate: String { directory + "/server.pem" }
    /// Where its process number is, for a hook that reloads it.
    package var pidFile: String { directory + "/pid" }
    private let directory: String
    private let process: ChildProcess

    /// - Parameters:
    ///   - locations: the `location` blocks, and whatever else belongs into `server`.
    ///   - names: what its certificate is good for.
    ///   - isExpired: whether the certificate ended yesterday.
    ///   - listens: words for `listen`, such as `http2`.
    ///   - protocols: words for `ssl_protocols`.
    ///   - files: certificate and key to show instead of its own.
    /// - Throws: what keeps its files, its certificate or itself from being.
    package init(
        locations: String,
        names: [String] = ["DNS:localhost", "IP:127.0.0.1"],
        isExpired: Bool = false,
        listens: String = "http2",
        protocols: String = "TLSv1.2 TLSv1.3",
        files: (certificate: String, key: String)? = nil
    ) throws {
        let socket = try ListeningSocket()
        defer { close(socket.descriptor) }
        port = socket.port
        directory = NSTemporaryDirectory() + "kvagent-nginx-\(UUID().uuidString)"
        caBundle = directory + "/ca.pem"
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        try Self.makeCertificate(in: directory, names: names, isExpired: isExpired)
        let directory = self.directory
        let temporaryPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(directory);" }
            .joined(separator: " ")
        let configuration = """
            daemon off; worker_processes 1; pid \(directory)/pid;
            error_log \(directory)/error.log;
            events { worker_connections 1024; }
            http {
                access_log off; \(temporaryPaths)
                keepalive_requests 10000;
                server {
                    listen 127.0.0.1:\(port) ssl \(listens);
                    ssl_certificate \(files?.certificate ?? "\(directory)/server.pem");
                    ssl_certificate_key \(files?.key ?? "\(directory)/key.pem");
                    ssl_protocols \(protocols); ssl_ciphers DEFAULT:@SECLEVEL=0;
                    \(locations)
                }
            }
            """
        try Data(configuration.utf8).write(to: URL(filePath: "\(directory)/nginx.conf"))
        // nginx takes listening sockets over that `NGINX` names: here its standard input. So the
        // port is ours from the start, and connections wait in its queue until nginx is ready.
        process = try ChildProcess(
            [
                "/usr/bin/timeout", "120", "/usr/sbin/nginx", "-e", "\(directory)/error.log",
                "-p", directory, "-c", "\(directory)/nginx.conf",
            ],
            environment: ["NGINX=0;"],
            input: socket.descriptor
        )
    }

    deinit {
        // Left over at worst: a folder below the system's temporary one.
        try? FileManager.default.removeItem(atPath: directory)
    }

    private static func makeCertificate(
        in directory: String,
        names: [String],
        isExpired: Bool
    ) throws {
        let days = isExpired ? -1 : 2
        let script = """
            set -e
            cd '\(directory)'
            openssl ecparam -name prime256v1 -genkey -noout -out key.pem
            openssl req -new -x509 -key key.pem -subj '/CN=kvagent test authority' \
                -days 2 -out ca.pem
            openssl req -new -key key.pem -subj /CN=server -out server.csr
            echo 'subjectAltName=\(names.joined(separator: ","))' > names
            openssl x509 -req -in server.csr -CA ca.pem -CAkey key.pem -set_serial 2 \
                -days \(days) -extfile names -out server.pem
            """
        let shell = try ChildProcess(["/bin/sh", "-c", script])
        let code = shell.wait()
        guard code == 0 else {
            throw ServerError("make a certificate: openssl ended with \(code ?? -1)")
        }
    }
}
