//! A guest in Zig for WASI, with an allocator, JSON, and sleep.

const std = @import("std");

const host = struct {
    extern "http_handler" fn get_uri(buf: [*]u8, limit: u32) u32;
    extern "http_handler" fn read_body(kind: u32, buf: [*]u8, limit: u32) u64;
    extern "http_handler" fn write_body(kind: u32, body: [*]const u8, len: u32) void;
    extern "http_handler" fn set_header_value(kind: u32, name: [*]const u8, name_len: u32, value: [*]const u8, value_len: u32) void;
    extern "http_handler" fn set_status_code(status: u32) void;
    extern "http_handler" fn log(level: i32, message: [*]const u8, len: u32) void;
};

const request = 0;
const response = 1;
const allocator = std.heap.wasm_allocator;

fn set(kind: u32, name: []const u8, value: []const u8) void {
    host.set_header_value(kind, name.ptr, name.len, value.ptr, value.len);
}

fn respond(status: u32, text: []const u8) u64 {
    set(response, "x-language", "zig");
    set(response, "content-type", "text/plain");
    host.set_status_code(status);
    host.write_body(response, text.ptr, text.len);
    return 0;
}

fn garbage() !u64 {
    var sum: u32 = 0;
    for (0..64) |i| {
        const piece = try allocator.alloc(u8, 1 << 20);
        defer allocator.free(piece);
        @memset(piece, @intCast(i));
        sum += piece[i];
    }
    var text: [32]u8 = undefined;
    return respond(200, try std.fmt.bufPrint(&text, "garbage {d}", .{sum}));
}

fn json() !u64 {
    var body: std.ArrayList(u8) = .empty;
    defer body.deinit(allocator);
    while (true) {
        const piece = try body.addManyAsSlice(allocator, 1024);
        const result = host.read_body(request, piece.ptr, piece.len);
        const len: u32 = @truncate(result);
        body.shrinkRetainingCapacity(body.items.len - piece.len + len);
        if (result >> 32 == 1) break;
    }
    const parsed = std.json.parseFromSlice(std.json.Value, allocator, body.items, .{}) catch |err| {
        return respond(400, @errorName(err));
    };
    defer parsed.deinit();
    const text = try std.json.Stringify.valueAlloc(allocator, parsed.value, .{});
    defer allocator.free(text);
    return respond(200, text);
}

fn route(uri: []const u8) !u64 {
    if (std.mem.eql(u8, uri, "/language/text")) return respond(200, "hello from Zig");
    if (std.mem.eql(u8, uri, "/language/sleep")) {
        std.Thread.sleep(5 * std.time.ns_per_ms);
        return respond(200, "slept");
    }
    if (std.mem.eql(u8, uri, "/language/garbage")) return garbage();
    if (std.mem.eql(u8, uri, "/language/json")) return json();
    if (std.mem.eql(u8, uri, "/language/print")) {
        try std.fs.File.stdout().writeAll("to stdout\n");
        std.debug.print("to {s}\n", .{"stderr"});
        host.log(0, "through log", 11);
        return respond(200, "printed");
    }
    if (std.mem.eql(u8, uri, "/language/files")) {
        _ = std.fs.cwd().openFile("etc/passwd", .{}) catch |err| return respond(200, @errorName(err));
        return respond(500, "it was opened");
    }
    if (std.mem.eql(u8, uri, "/language/trap")) @panic("a trap");
    if (std.mem.eql(u8, uri, "/language/exit")) std.process.exit(3);
    set(request, "x-language", "zig");
    return 1;
}

export fn handle_request() u64 {
    var buf: [8192]u8 = undefined;
    const len = host.get_uri(&buf, buf.len);
    return route(buf[0..@min(len, buf.len)]) catch |err| respond(500, @errorName(err));
}

export fn handle_response(_: u32, _: u32) void {}
