/*
 * Frames and shared counts of the chat between processes: see serve_wire.h.
 *
 * Invariant: a line's task is read before the hold on it is let go, so a line that is taken again is
 * never mistaken. It deliberately trusts the other side to be this program, and only tells what is
 * broken apart from what is not whole yet.
 */
#include "engine/serve_wire.h"

#include <msgpack.h>
#include <sys/mman.h>

enum { HEAD = 4, UP_FIELDS = 7, DOWN_FIELDS = 3 };

struct wire_shared *wire_share(void)
{
    void *memory = mmap(NULL, sizeof(struct wire_shared), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void wire_unshare(struct wire_shared *shared)
{
    munmap(shared, sizeof *shared);
}

/* ---- Lines on their way. ---- */

uint32_t wire_line_take(struct wire_shared *shared, uint32_t reader, uint32_t task)
{
    for (uint32_t i = 0; i < WIRE_LINES; i++) {
        uint32_t at = (task + i) % WIRE_LINES, free = 0;
        struct wire_line *line = &shared->lines[at];
        if (!atomic_compare_exchange_strong(&line->holds, &free, 2))
            continue;
        atomic_store(&line->task, task);
        atomic_store(&line->reader, reader);
        return at;
    }
    return WIRE_NONE;
}

void wire_line_hold(struct wire_shared *shared, uint32_t line, uint32_t more)
{
    atomic_fetch_add(&shared->lines[line].holds, more);
}

void wire_line_drop(struct wire_shared *shared, struct lane *lane, uint32_t line)
{
    uint32_t task = atomic_load(&shared->lines[line].task);
    if (atomic_fetch_sub(&shared->lines[line].holds, 1) == 1)
        ring_emit(&lane->ring, EVENT_TASK_DONE, task, 0, 0);
}

/* ---- Frames. ---- */

static int pack_into(void *context, const char *bytes, size_t size)
{
    buffer_append(context, bytes, size);
    return 0;
}

static void frame_begin(struct lane *lane, uint32_t task, struct buffer *into,
                        msgpack_packer *packer, size_t fields)
{
    ring_emit(&lane->ring, EVENT_SERIALISE_BEGIN, task, 0, 0);
    buffer_append(into, "\0\0\0\0", HEAD);
    msgpack_packer_init(packer, into, pack_into);
    msgpack_pack_array(packer, fields);
}

static void frame_end(struct lane *lane, uint32_t task, struct buffer *into, size_t start)
{
    size_t size = into->size - start;
    for (size_t i = 0; i < HEAD; i++)
        into->data[start + i] = (char)((size - HEAD) >> 8 * i & 0xff);
    ring_emit(&lane->ring, EVENT_SERIALISE_END, task, (uint32_t)lane->says, size);
}

static void pack_text(msgpack_packer *packer, const char *text, size_t size)
{
    msgpack_pack_bin(packer, size);
    msgpack_pack_bin_body(packer, text, size);
}

void wire_pack_up(struct lane *lane, const struct wire_up *up, struct buffer *into)
{
    msgpack_packer packer;
    size_t start = into->size;
    frame_begin(lane, up->task, into, &packer, UP_FIELDS);
    msgpack_pack_uint32(&packer, (uint32_t)up->kind);
    msgpack_pack_uint32(&packer, up->member);
    msgpack_pack_uint32(&packer, up->line);
    msgpack_pack_uint32(&packer, up->task);
    msgpack_pack_uint32(&packer, up->tag);
    msgpack_pack_uint32(&packer, up->tagged);
    pack_text(&packer, up->text, up->text_size);
    frame_end(lane, up->task, into, start);
}

void wire_pack_down(struct lane *lane, const struct wire_down *down, struct buffer *into)
{
    msgpack_packer packer;
    size_t start = into->size;
    frame_begin(lane, down->task, into, &packer, DOWN_FIELDS);
    msgpack_pack_uint32(&packer, down->line);
    msgpack_pack_uint32(&packer, down->task);
    pack_text(&packer, down->text, down->text_size);
    frame_end(lane, down->task, into, start);
}

/* What a frame holds: numbers, of which one is the task, then a text. */
struct frame {
    uint32_t numbers[UP_FIELDS];
    size_t count, task; /* how many numbers; which is the task */
    const char *text;
    size_t text_size;
};

static bool frame_read(const msgpack_object *object, struct frame *frame)
{
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size != frame->count + 1)
        return false;
    const msgpack_object *fields = object->via.array.ptr;
    for (size_t i = 0; i < frame->count; i++) {
        if (fields[i].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
            return false;
        frame->numbers[i] = (uint32_t)fields[i].via.u64;
    }
    if (fields[frame->count].type != MSGPACK_OBJECT_BIN)
        return false;
    frame->text = fields[frame->count].via.bin.ptr;
    frame->text_size = fields[frame->count].via.bin.size;
    return true;
}

static long frame_unpack(struct lane *lane, const char *data, size_t size, struct frame *frame)
{
    const unsigned char *head = (const unsigned char *)data;
    if (size < HEAD)
        return 0;
    size_t length =
        (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (length > WIRE_MAX)
        return -1;
    if (size - HEAD < length)
        return 0;
    ring_emit(&lane->ring, EVENT_SERIALISE_BEGIN, TASK_NONE, 0, 0);
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    bool right =
        msgpack_unpack_next(&unpacked, data + HEAD, length, NULL) == MSGPACK_UNPACK_SUCCESS &&
        frame_read(&unpacked.data, frame);
    msgpack_unpacked_destroy(&unpacked);
    ring_emit(&lane->ring, EVENT_SERIALISE_END, right ? frame->numbers[frame->task] : TASK_NONE,
              (uint32_t)lane->says, length + HEAD);
    return right ? (long)(length + HEAD) : -1;
}

long wire_unpack_up(struct lane *lane, const char *data, size_t size, struct wire_up *up)
{
    struct frame frame = { .count = UP_FIELDS - 1, .task = 3 };
    long used = frame_unpack(lane, data, size, &frame);
    *up = (struct wire_up){
        .kind = (enum wire_kind)frame.numbers[0],
        .member = frame.numbers[1],
        .line = frame.numbers[2],
        .task = frame.numbers[3],
        .tag = frame.numbers[4],
        .tagged = frame.numbers[5] != 0,
        .text = frame.text,
        .text_size = frame.text_size,
    };
    return used;
}

long wire_unpack_down(struct lane *lane, const char *data, size_t size, struct wire_down *down)
{
    struct frame frame = { .count = DOWN_FIELDS - 1, .task = 1 };
    long used = frame_unpack(lane, data, size, &frame);
    *down = (struct wire_down){
        .line = frame.numbers[0],
        .task = frame.numbers[1],
        .text = frame.text,
        .text_size = frame.text_size,
    };
    return used;
}
