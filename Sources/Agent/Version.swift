/// The version of the program, as `kvagent --version` and `status` show it.
package let kvagentVersion = "0.1.0"
