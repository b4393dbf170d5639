import ArgumentParser

/// What a command takes that prints a list which other programs may want to read line by line.
struct ListOptions: ParsableArguments {
    @OptionGroup var output: OutputOptions

    @Flag(name: .long, help: "Print JSON, an object in each line.")
    var jsonl = false

    @Flag(name: .long, help: "Print CSV with a header (RFC 4180); its columns are documented.")
    var csv = false

    func validate() throws {
        guard [output.json, jsonl, csv].count(where: { $0 }) < 2 else {
            throw ValidationError("--json, --jsonl and --csv exclude each other: give one of them")
        }
    }
}

extension Output {
    /// Prints a list in the form that was asked for, or what `text` makes of it for people.
    ///
    /// - Throws: ``OutputError`` when not all of it could be written.
    static func print<Row: Encodable & CSVRow>(
        _ rows: [Row],
        as options: ListOptions,
        text: () -> String
    ) throws(OutputError) {
        if options.csv {
            try print(CSV.text(rows))
        } else if options.jsonl {
            for row in rows { try print(json(row, isPretty: false)) }
        } else {
            try print(rows, asJSON: options.output.json, text: text)
        }
    }
}
