// A guest in AssemblyScript, with its garbage collector, and a start that has to run first.

@external("http_handler", "get_uri")
declare function get_uri(buf: usize, limit: u32): u32;
@external("http_handler", "read_body")
declare function read_body(kind: u32, buf: usize, limit: u32): u64;
@external("http_handler", "write_body")
declare function write_body(kind: u32, body: usize, len: u32): void;
@external("http_handler", "set_header_value")
declare function set_header_value(kind: u32, name: usize, name_len: u32, value: usize, value_len: u32): void;
@external("http_handler", "set_status_code")
declare function set_status_code(status: u32): void;
@external("http_handler", "log")
declare function host_log(level: i32, message: usize, len: u32): void;

const REQUEST: u32 = 0;
const RESPONSE: u32 = 1;

// What is here runs at the start.
const greetings = new Map<string, string>();
greetings.set("/language/text", "hello from AssemblyScript");

function set(kind: u32, name: string, value: string): void {
  const n = String.UTF8.encode(name);
  const v = String.UTF8.encode(value);
  set_header_value(kind, changetype<usize>(n), n.byteLength, changetype<usize>(v), v.byteLength);
}

function respond(status: u32, text: string): u64 {
  set(RESPONSE, "x-language", "assemblyscript");
  set(RESPONSE, "content-type", "text/plain");
  set_status_code(status);
  const body = String.UTF8.encode(text);
  write_body(RESPONSE, changetype<usize>(body), body.byteLength);
  return 0;
}

function garbage(): u64 {
  let sum: u32 = 0;
  for (let i = 0; i < 64; i++) {
    const piece = new Uint8Array(1 << 20);
    piece[i] = <u8>i;
    sum += piece[i];
  }
  return respond(200, "garbage " + sum.toString());
}

// The words of the body, counted.
function words(): u64 {
  const counts = new Map<string, i32>();
  const buf = new ArrayBuffer(1024);
  let text = "";
  while (true) {
    const result = read_body(REQUEST, changetype<usize>(buf), buf.byteLength);
    text += String.UTF8.decode(buf.slice(0, <i32>result));
    if (result >> 32) break;
  }
  const words = text.split(" ");
  for (let i = 0; i < words.length; i++) {
    const count = counts.has(words[i]) ? counts.get(words[i]) : 0;
    counts.set(words[i], count + 1);
  }
  return respond(200, words.length.toString() + " words, " + counts.size.toString() + " different");
}

export function handle_request(): u64 {
  const buf = new ArrayBuffer(8192);
  const len = get_uri(changetype<usize>(buf), buf.byteLength);
  const uri = len > 8192 ? "" : String.UTF8.decode(buf.slice(0, len));
  if (greetings.has(uri)) return respond(200, greetings.get(uri));
  if (uri == "/language/garbage") return garbage();
  if (uri == "/language/json") return words();
  if (uri == "/language/print") {
    const message = String.UTF8.encode("through log");
    host_log(0, changetype<usize>(message), message.byteLength);
    return respond(200, "printed");
  }
  if (uri == "/language/trap") unreachable();
  set(REQUEST, "x-language", "assemblyscript");
  return 1;
}

export function handle_response(ctx: u32, is_error: u32): void {}

// Instead of the import `env.abort`, which no host has.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const text = String.UTF8.encode("abort: " + (message ? message : "") + " in line " + line.toString());
  host_log(2, changetype<usize>(text), text.byteLength);
  unreachable();
}
