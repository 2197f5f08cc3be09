//! An agent that asks for permission before it does something.

use std::path::Path;

/// Stands in for Claude Code: asks for permission to do one thing, and says whether it got it.
const ASKING: &str = r#"
while read -r line; do
  case "$line" in
    *'"behavior":"allow"'*) end='the table is gone' ;;
    *'"behavior":"deny"'*) end='the table is still there' ;;
    *'"type":"user"'*)
      printf '%s\n' "$line" | sed 's/^{/{"isReplay":true,/'
      printf '%s\n' '{"type":"control_request","request_id":"q1","request":{"subtype":"can_use_tool","tool_name":"Bash","tool_use_id":"t1","input":{"command":"drop the table"}}}'
      continue ;;
    *) continue ;;
  esac
  printf '{"type":"result","subtype":"success","is_error":false,"result":"%s"}\n' "$end"
  exit 0
done
"#;

/// Returns the configuration of that agent; its program is written into `dir`.
pub fn agent(dir: &Path) -> String {
    let program = dir.join("asking.sh");
    std::fs::write(&program, ASKING).expect("a file");
    format!(
        "[agents.main]\nexecutor = \"claude_code\"\ncommand = [\"/bin/sh\", \"{}\"]\ndefault = true\n",
        program.display()
    )
}
