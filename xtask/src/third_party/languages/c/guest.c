// A guest in C on wasi-libc: a reactor with a constructor, an allocator, stdio and sleep.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOST(name) __attribute__((import_module("http_handler"), import_name(#name)))
#define GUEST(name) __attribute__((export_name(#name)))

HOST(get_uri) uint32_t get_uri(char *buf, uint32_t limit);
HOST(read_body) uint64_t read_body(uint32_t kind, char *buf, uint32_t limit);
HOST(write_body) void write_body(uint32_t kind, const char *body, uint32_t len);
HOST(set_header_value)
void set_header_value(uint32_t kind, const char *name, uint32_t name_len, const char *value, uint32_t value_len);
HOST(set_status_code) void set_status_code(uint32_t status);
HOST(log) void host_log(int32_t level, const char *message, uint32_t len);

enum { REQUEST, RESPONSE };

static char *greeting;

__attribute__((constructor)) static void initialise(void) {
	greeting = strdup("hello from C");
}

static void set(uint32_t kind, const char *name, const char *value) {
	set_header_value(kind, name, strlen(name), value, strlen(value));
}

static uint64_t respond(uint32_t status, const char *text) {
	set(RESPONSE, "x-language", "c");
	set(RESPONSE, "content-type", "text/plain");
	set_status_code(status);
	write_body(RESPONSE, text, strlen(text));
	return 0;
}

static uint64_t sleep_a_little(void) {
	struct timespec little = {.tv_nsec = 5 * 1000 * 1000};
	return respond(nanosleep(&little, NULL) == 0 ? 200 : 500, "slept");
}

static uint64_t garbage(void) {
	unsigned sum = 0;
	for (unsigned i = 0; i < 64; i++) {
		unsigned char *piece = malloc(1 << 20);
		if (piece == NULL) return respond(500, "no memory");
		memset(piece, i, 1 << 20);
		sum += piece[i];
		free(piece);
	}
	char text[32];
	snprintf(text, sizeof text, "garbage %u", sum);
	return respond(200, text);
}

static int by_value(const void *a, const void *b) {
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

// The bytes of the body, sorted.
static uint64_t sorted(void) {
	size_t len = 0, room = 1024;
	char *body = malloc(room + 1);
	for (uint64_t result = 0; result >> 32 == 0; len += (uint32_t)result) {
		if (room - len < 512) body = realloc(body, (room *= 2) + 1);
		result = read_body(REQUEST, body + len, room - len);
	}
	qsort(body, len, 1, by_value);
	body[len] = 0;
	respond(200, body);
	free(body);
	return 0;
}

static uint64_t print(void) {
	printf("to stdout, %d %s\n", 42, "numbers");
	fflush(stdout);
	fprintf(stderr, "to stderr\n");
	host_log(0, "through log", 11);
	return respond(200, "printed");
}

static uint64_t files(void) {
	char text[64];
	FILE *file = fopen("/etc/passwd", "r");
	snprintf(text, sizeof text, "%d %d", file == NULL, getenv("HOME") == NULL);
	return respond(200, text);
}

GUEST(handle_request) uint64_t handle_request(void) {
	char uri[4096];
	uint32_t len = get_uri(uri, sizeof uri - 1);
	if (len >= sizeof uri) len = 0;
	uri[len] = 0;
	if (strcmp(uri, "/language/text") == 0) return respond(200, greeting);
	if (strcmp(uri, "/language/sleep") == 0) return sleep_a_little();
	if (strcmp(uri, "/language/garbage") == 0) return garbage();
	if (strcmp(uri, "/language/json") == 0) return sorted();
	if (strcmp(uri, "/language/print") == 0) return print();
	if (strcmp(uri, "/language/files") == 0) return files();
	if (strcmp(uri, "/language/trap") == 0) abort();
	if (strcmp(uri, "/language/exit") == 0) exit(3);
	set(REQUEST, "x-language", "c");
	return 1;
}

GUEST(handle_response) void handle_response(uint32_t ctx, uint32_t is_error) {
	(void)ctx, (void)is_error;
}
