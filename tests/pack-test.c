/*
 * trace/: packed recordings. What was packed says what the raw one said, event by event; a packed
 * file that was cut or changed anywhere never tells anything else; one that lies about what it holds
 * is refused before memory is asked for.
 */
#include "files.h"
#include "trace/codec.h"
#include "trace/pack.h"
#include "trace/recording_inside.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/lockstep-pack-XXXXXX";

static uint64_t size_of(int fd)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    return (uint64_t)status.st_size;
}

/* ---- What goes in ---- */

static uint64_t dice(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* As a race writes them: lanes by turns, times that grow but for a late one now and then. */
static struct event event_number(uint64_t i)
{
    uint64_t state = i;
    return (struct event){ .time = 1000 * i + dice(&state) % 900 - (i % 101 == 100 ? 5000 : 0),
                           .kind = (uint16_t)(1 + i % (EVENT_KIND_COUNT - 1)),
                           .run = (uint16_t)(i / 5000 % 2),
                           .lane = (uint32_t)(i % 11 == 0 ? LANE_NONE : dice(&state) % 200),
                           .object = (uint32_t)(i / 5),
                           .a = (uint32_t)dice(&state) % 7,
                           .b = i % 3 == 0 ? dice(&state) << 31 : i };
}

static void write_events(struct recording_writer *w, uint64_t from, size_t count)
{
    struct event *events = calloc(count + 1, sizeof *events);
    for (size_t i = 0; i < count; i++)
        events[i] = event_number(from + i);
    const struct drained drained = { .events = events,
                                     .count = count,
                                     .until_ns = 1000 * (from + count),
                                     .stamp0 = 5,
                                     .ns0 = 6,
                                     .ns_per_stamp = 0.5 };
    struct error error;
    ck_assert_msg(recording_write_events(w, &drained, &error), "%s", error.text);
    free(events);
}

enum { EVENTS = 50000, STRANGE = 3 };

/* Metas, small chunks of events, empty ones, chunks that nobody knows. */
static int write_raw(char path[64], bool close_it)
{
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 77, &error);
    ck_assert_ptr_nonnull(w);
    struct meta meta = { .seed = 1, .run_count = 2, .text = (char[]){ "name: a scenario\n" } };
    snprintf(meta.scenario, sizeof meta.scenario, "scraper");
    ck_assert(recording_write_meta(w, &meta, &error));
    uint64_t at = 0;
    for (size_t round = 0; at < EVENTS; round++) {
        size_t some = round * 37 % 400;
        write_events(w, at, some < EVENTS - at ? some : EVENTS - at);
        at += some < EVENTS - at ? some : EVENTS - at;
        if (at % 3 == 0) {
            const struct drained nothing = { .until_ns = 1000 * at + 50 * 1000 * 1000 };
            ck_assert(recording_write_events(w, &nothing, &error));
        }
        if (round == 20 || round == 21 || round == 200) {
            struct chunk_header strange = { .tag = CHUNK_TAG('N', 'E', 'W', '!'),
                                            .codec = 77,
                                            .flags = 3,
                                            .stored = 24,
                                            .size = 21,
                                            .stamp0 = round };
            char payload[24] = "what will be, one day";
            chunk_seal(&strange, payload);
            ck_assert(recording_write_chunk(w, &strange, payload, &error));
        }
    }
    meta.seed = 2;
    ck_assert(recording_write_meta(w, &meta, &error));
    if (close_it)
        ck_assert(recording_writer_close(w, &error));
    else
        recording_writer_drop(w);
    return fd;
}

static enum pack_state pack_all(int from, int to, struct error *error)
{
    struct pack *pack = pack_new(from, to, error);
    if (pack == NULL)
        return PACK_FAILED;
    enum pack_state state;
    unsigned permille = 0;
    /* The smallest slices there are. */
    while ((state = pack_move(pack, 1, error)) == PACK_GOES_ON) {
        ck_assert_uint_ge(pack_permille(pack), permille);
        permille = pack_permille(pack);
    }
    ck_assert(state != PACK_DONE || pack_permille(pack) == 1000);
    pack_free(pack);
    return state;
}

/* ---- What comes out ---- */

struct outcome {
    uint64_t events, strange, seed, packed_chunks, until_ns, before_first_event;
    bool wrong, damaged, ended;
};

static struct outcome read_fd(int fd)
{
    struct outcome outcome = { 0 };
    struct error error;
    struct recording *r = recording_of_fd(fd, &error);
    outcome.damaged = r == NULL;
    while (r != NULL) {
        struct chunk_header header;
        const void *payload, *bytes;
        size_t size;
        outcome.damaged = !recording_chunk(r, UINT64_MAX, &header, &payload, &error);
        if (outcome.damaged || payload == NULL)
            break;
        outcome.strange += header.tag == CHUNK_TAG('N', 'E', 'W', '!');
        if (header.tag != CHUNK_EVNT || header.size == 0)
            continue;
        outcome.damaged = !recording_unpack(r, &header, &bytes, &size, &error);
        if (outcome.damaged)
            break;
        outcome.packed_chunks += header.codec == CHUNK_PLANES;
        if (outcome.events == 0)
            outcome.before_first_event = recording_meta(r, NULL) != NULL;
        const struct event *events = bytes;
        outcome.wrong |= size > 0 && header.first_ns != events[0].time;
        for (size_t i = 0; i < size / sizeof *events; i++) {
            struct event expected = event_number(outcome.events++);
            outcome.wrong |= memcmp(&events[i], &expected, sizeof expected) != 0;
        }
    }
    const struct meta *meta = r != NULL ? recording_meta(r, NULL) : NULL;
    outcome.seed = meta != NULL ? meta->seed : 0;
    if (meta != NULL)
        outcome.wrong |= strcmp(meta->text, "name: a scenario\n") != 0;
    outcome.until_ns = r != NULL ? recording_until(r) : 0;
    outcome.ended = r != NULL && recording_ended(r);
    recording_close(r);
    return outcome;
}

START_TEST(a_packed_recording_says_the_same)
{
    char path[64], small[64];
    int from = write_raw(path, true), to = file_new(directory, small);
    struct error error;
    ck_assert_int_eq(pack_all(from, to, &error), PACK_DONE);
    struct outcome raw = read_fd(from), packed = read_fd(to);
    ck_assert(!raw.wrong && !raw.damaged && raw.ended);
    ck_assert(!packed.wrong && !packed.damaged && packed.ended);
    ck_assert_uint_eq(packed.events, EVENTS);
    ck_assert_uint_eq(raw.events, EVENTS);
    ck_assert_uint_eq(packed.strange, STRANGE);
    ck_assert_uint_eq(packed.seed, 2);
    ck_assert_uint_eq(packed.before_first_event, 1);
    ck_assert_uint_eq(packed.until_ns, raw.until_ns);
    ck_assert_uint_eq(raw.packed_chunks, 0);
    ck_assert_uint_ge(packed.packed_chunks, EVENTS / PACK_EVENTS);
    ck_assert_uint_le(packed.packed_chunks, EVENTS / PACK_EVENTS + STRANGE + 1);
    ck_assert_uint_lt(size_of(to), size_of(from) / 2);
    /* Packing what is packed changes nothing more. */
    char again[64];
    int third = file_new(directory, again);
    ck_assert_int_eq(pack_all(to, third, &error), PACK_DONE);
    ck_assert_uint_eq(size_of(third), size_of(to));
    ck_assert_uint_eq(read_fd(third).events, EVENTS);
    close(from);
    close(to);
    close(third);
}
END_TEST

/* The index of the footer leads to chunks of events, and counts what is before each. */
START_TEST(the_footer_fits_the_packed_file)
{
    char path[64], small[64];
    int from = write_raw(path, true), to = file_new(directory, small);
    struct error error;
    ck_assert_int_eq(pack_all(from, to, &error), PACK_DONE);
    uint64_t at, events = 0;
    struct chunk_header header;
    struct foot foot;
    ck_assert_int_eq(pread(to, &at, sizeof at, (off_t)(size_of(to) - sizeof at)), sizeof at);
    ck_assert_int_eq(pread(to, &header, sizeof header, (off_t)at), sizeof header);
    ck_assert(header.tag == CHUNK_FOOT);
    ck_assert_int_eq(pread(to, &foot, sizeof foot, (off_t)(at + sizeof header)), sizeof foot);
    ck_assert_uint_eq(foot.events, EVENTS);
    ck_assert_uint_ge(foot.entries, EVENTS / PACK_EVENTS);
    struct codec *codec = codec_new();
    for (uint32_t i = 0; i < foot.entries; i++) {
        struct foot_entry entry;
        char payload[PACK_EVENTS * sizeof(struct event)];
        const void *bytes;
        size_t size;
        off_t place = (off_t)(at + sizeof header + sizeof foot + i * sizeof entry);
        ck_assert_int_eq(pread(to, &entry, sizeof entry, place), sizeof entry);
        ck_assert_int_eq(pread(to, &header, sizeof header, (off_t)entry.offset), sizeof header);
        ck_assert(header.tag == CHUNK_EVNT);
        ck_assert_int_eq(pread(to, payload, header.size, (off_t)(entry.offset + sizeof header)),
                         header.size);
        ck_assert(chunk_sound(&header, payload));
        ck_assert(codec_unpack(codec, &header, payload, &bytes, &size, &error));
        ck_assert_uint_ge(entry.events_before, events);
        events = entry.events_before;
        struct event expected = event_number(events);
        ck_assert_mem_eq(bytes, &expected, sizeof expected);
    }
    codec_free(codec);
    close(from);
    close(to);
}
END_TEST

START_TEST(what_was_not_closed_is_not_closed_when_packed)
{
    char path[64], small[64];
    int from = write_raw(path, false), to = file_new(directory, small);
    struct error error;
    ck_assert_int_eq(pack_all(from, to, &error), PACK_DONE);
    struct outcome packed = read_fd(to);
    ck_assert(!packed.wrong && !packed.damaged && !packed.ended);
    ck_assert_uint_eq(packed.events, EVENTS);
    close(from);
    close(to);
}
END_TEST

START_TEST(a_damaged_recording_is_not_packed)
{
    char path[64], small[64];
    int from = write_raw(path, true), to = file_new(directory, small);
    struct error error;
    ck_assert_int_eq(pwrite(from, "?", 1, (off_t)(size_of(from) / 2)), 1);
    ck_assert_int_eq(pack_all(from, to, &error), PACK_FAILED);
    ck_assert_msg(strstr(error.text, "damaged at byte") != NULL, "%s", error.text);
    ck_assert_int_eq(pwrite(from, "?", 1, 1), 1);
    ck_assert_int_eq(ftruncate(to, 0), 0);
    ck_assert_int_eq(pack_all(from, to, &error), PACK_FAILED);
    close(from);
    close(to);
}
END_TEST

START_TEST(a_full_disk_fails_the_packing_with_a_sentence)
{
    char path[64], small[64];
    int from = write_raw(path, true), to = file_new(directory, small);
    struct error error;
    struct rlimit before, limit;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100 * 1000;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(pack_all(from, to, &error), PACK_FAILED);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_msg(strstr(error.text, "cannot be written beyond") != NULL, "%s", error.text);
    close(from);
    close(to);
}
END_TEST

/* ---- Damage and lies ---- */

static int small_packed(char path[64])
{
    char raw[64];
    int from = file_new(directory, raw), to = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(from, 0, &error);
    struct meta meta = { .seed = 2, .run_count = 2, .text = (char[]){ "name: a scenario\n" } };
    ck_assert(recording_write_meta(w, &meta, &error));
    write_events(w, 0, 300);
    ck_assert(recording_writer_close(w, &error));
    ck_assert_int_eq(pack_all(from, to, &error), PACK_DONE);
    close(from);
    return to;
}

START_TEST(a_cut_packed_file_opens_as_far_as_it_is_whole)
{
    char path[64], cut[64];
    int fd = small_packed(path), other = file_new(directory, cut);
    size_t size;
    char *bytes = file_bytes(fd, &size);
    ck_assert_int_eq(pwrite(other, bytes, size, 0), (ssize_t)size);
    uint64_t events = 300;
    for (size_t length = size; length-- > 0;) {
        ck_assert_int_eq(ftruncate(other, (off_t)length), 0);
        struct outcome outcome = read_fd(other);
        ck_assert(!outcome.wrong && !outcome.ended);
        ck_assert(outcome.damaged == (length < 64));
        ck_assert_uint_le(outcome.events, events);
        events = outcome.events;
    }
    free(bytes);
    close(fd);
    close(other);
}
END_TEST

START_TEST(a_changed_byte_never_tells_a_lie)
{
    char path[64];
    int fd = small_packed(path);
    size_t size, wrong = 0;
    char *bytes = file_bytes(fd, &size);
    for (size_t i = 0; i < size; i++) {
        static const unsigned char flips[] = { 0x01, 0x80, 0xff };
        for (size_t f = 0; f < sizeof flips; f++) {
            char changed = (char)(bytes[i] ^ flips[f]);
            ck_assert_int_eq(pwrite(fd, &changed, 1, (off_t)i), 1);
            struct outcome outcome = read_fd(fd);
            wrong += outcome.wrong || outcome.events > 300;
            ck_assert(!outcome.ended || outcome.events == 300);
        }
        ck_assert_int_eq(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    ck_assert_uint_eq(wrong, 0);
    free(bytes);
    close(fd);
}
END_TEST

/* What a chunk with a sound checksum may say and still not be. */
START_TEST(lies_about_what_is_packed_are_refused)
{
    struct event events[200];
    for (uint64_t i = 0; i < 200; i++)
        events[i] = event_number(i);
    struct codec *codec = codec_new();
    struct chunk_header header = { .tag = CHUNK_EVNT };
    char payload[sizeof events];
    memcpy(payload, codec_pack(codec, CHUNK_PLANES, events, sizeof events, &header), sizeof events);
    ck_assert_int_eq(header.codec, CHUNK_PLANES);
    const void *bytes;
    size_t size;
    struct error error;
    ck_assert(codec_unpack(codec, &header, payload, &bytes, &size, &error));
    ck_assert_uint_eq(size, sizeof events);
    ck_assert_mem_eq(bytes, events, sizeof events);
    static const uint32_t told[] = { 0,         1,         sizeof events - 32, sizeof events + 32,
                                     CHUNK_MAX, UINT32_MAX };
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        memcpy(payload, &told[i], sizeof told[i]);
        ck_assert(!codec_unpack(codec, &header, payload, &bytes, &size, &error));
    }
    for (uint32_t length = 0; length < header.size; length++) {
        struct chunk_header shorter = header;
        shorter.size = length;
        ck_assert(!codec_unpack(codec, &shorter, payload, &bytes, &size, &error));
    }
    header.codec = 9;
    ck_assert(!codec_unpack(codec, &header, payload, &bytes, &size, &error));
    codec_free(codec);
}
END_TEST

/* Nothing packs so well that a small file asks for much: the writer leaves room. */
START_TEST(a_chunk_never_unpacks_to_much_more_than_it_takes)
{
    struct event *same = calloc(PACK_EVENTS, sizeof *same);
    struct codec *codec = codec_new();
    struct chunk_header header = { .tag = CHUNK_EVNT };
    size_t bytes = PACK_EVENTS * sizeof *same, size;
    const void *unpacked;
    struct error error;
    const void *payload = codec_pack(codec, CHUNK_PLANES, same, bytes, &header);
    char copy[1024];
    ck_assert_uint_lt(header.size, sizeof copy);
    memcpy(copy, payload, header.size);
    ck_assert_uint_ge((uint64_t)header.stored * CODEC_RATIO, bytes);
    ck_assert(codec_unpack(codec, &header, copy, &unpacked, &size, &error));
    ck_assert_mem_eq(unpacked, same, bytes);
    header.stored -= 8;
    ck_assert(!codec_unpack(codec, &header, copy, &unpacked, &size, &error));
    codec_free(codec);
    /* And in a file, whose last bytes such room may be. */
    char path[64], small[64];
    int from = file_new(directory, path), to = file_new(directory, small);
    struct recording_writer *w = recording_writer_new(from, 0, &error);
    const struct drained drained = { .events = same, .count = PACK_EVENTS, .until_ns = 1 };
    ck_assert(recording_write_events(w, &drained, &error));
    recording_writer_drop(w);
    ck_assert_int_eq(pack_all(from, to, &error), PACK_DONE);
    struct recording *r = recording_of_fd(to, &error);
    const struct event *events;
    size_t count;
    ck_assert(recording_next(r, UINT64_MAX, &events, &count, &error));
    ck_assert_uint_eq(count, PACK_EVENTS);
    recording_close(r);
    free(same);
    close(from);
    close(to);
}
END_TEST

/* A chunk without a payload is a chunk, not the end. */
START_TEST(an_empty_chunk_is_read_over)
{
    char path[64];
    int fd = file_new(directory, path);
    struct error error;
    struct recording_writer *w = recording_writer_new(fd, 0, &error);
    struct chunk_header empty = { .tag = CHUNK_TAG('N', 'E', 'W', '!') };
    chunk_seal(&empty, "");
    ck_assert(recording_write_chunk(w, &empty, "", &error));
    write_events(w, 0, 3);
    ck_assert(recording_writer_close(w, &error));
    struct outcome outcome = read_fd(fd);
    ck_assert(outcome.ended && !outcome.wrong);
    ck_assert_uint_eq(outcome.events, 3);
    ck_assert_uint_eq(outcome.strange, 1);
    close(fd);
}
END_TEST

int main(void)
{
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 99;
    }
    Suite *suite = suite_create("pack");
    TCase *pack = tcase_create("pack");
    tcase_set_timeout(pack, 120);
    tcase_add_test(pack, a_packed_recording_says_the_same);
    tcase_add_test(pack, the_footer_fits_the_packed_file);
    tcase_add_test(pack, what_was_not_closed_is_not_closed_when_packed);
    tcase_add_test(pack, a_damaged_recording_is_not_packed);
    tcase_add_test(pack, an_empty_chunk_is_read_over);
    tcase_add_test(pack, a_full_disk_fails_the_packing_with_a_sentence);
    suite_add_tcase(suite, pack);
    TCase *lies = tcase_create("lies");
    tcase_set_timeout(lies, 120);
    tcase_add_test(lies, a_cut_packed_file_opens_as_far_as_it_is_whole);
    tcase_add_test(lies, a_changed_byte_never_tells_a_lie);
    tcase_add_test(lies, lies_about_what_is_packed_are_refused);
    tcase_add_test(lies, a_chunk_never_unpacks_to_much_more_than_it_takes);
    suite_add_tcase(suite, lies);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(directory);
    return failed > 0;
}
