/*
 * The tally's invariant: `owed` of a line is the number of clients whose bit in `heard` is 0, and
 * `heard` is there exactly while `owed` is not 0. Bits of those who are owed nothing (the speaker,
 * the absent, the spare ones of the last word) are 1 from the start.
 */
#include "outside/tally.h"

#include "base/memory.h"
#include "trace/event.h"

#include <stdlib.h>
#include <string.h>

enum { WORD = 64 };

struct tally_line {
    uint64_t *heard; /* a bit per client */
    struct said said;
    uint32_t owed;
};

static size_t tally_words(const struct tally *tally)
{
    return ((size_t)tally->clients + WORD - 1) / WORD;
}

static uint64_t bit_of(uint32_t client)
{
    return UINT64_C(1) << (client % WORD);
}

void tally_init(struct tally *tally, uint32_t clients)
{
    *tally = (struct tally){ .clients = clients };
    tally->away = mem_alloc(tally_words(tally) * sizeof *tally->away);
    memset(tally->away, 0xff, tally_words(tally) * sizeof *tally->away);
    tally->from = mem_zero(clients, sizeof *tally->from);
}

void tally_fini(struct tally *tally)
{
    for (size_t i = 0; i < tally->line_count; i++)
        free(tally->lines[i].heard);
    free(tally->lines);
    free(tally->away);
    free(tally->from);
    *tally = (struct tally){ .clients = 0 };
}

void tally_enter(struct tally *tally, uint32_t client)
{
    uint64_t *word = &tally->away[client / WORD];
    if ((*word & bit_of(client)) == 0)
        return;
    *word &= ~bit_of(client);
    tally->from[client] = (uint32_t)tally->line_count;
    tally->present++;
}

void tally_leave(struct tally *tally, uint32_t client)
{
    uint64_t *word = &tally->away[client / WORD];
    if ((*word & bit_of(client)) != 0)
        return;
    *word |= bit_of(client);
    tally->present--;
    tally->somebody_left = true;
}

static void tally_skip_closed(struct tally *tally)
{
    while (tally->first_open < tally->line_count && tally->lines[tally->first_open].owed == 0)
        tally->first_open++;
}

/* One that is owed the line less. */
static void line_settle(struct tally_line *line, uint32_t client)
{
    line->heard[client / WORD] |= bit_of(client);
    if (--line->owed > 0)
        return;
    free(line->heard);
    line->heard = NULL;
}

void tally_dismiss(struct tally *tally, uint32_t client)
{
    uint64_t *word = &tally->away[client / WORD];
    tally->from[client] = UINT32_MAX;
    if ((*word & bit_of(client)) != 0)
        return;
    *word |= bit_of(client);
    tally->present--;
    tally_skip_closed(tally);
    for (size_t i = tally->first_open; i < tally->line_count; i++) {
        struct tally_line *line = &tally->lines[i];
        if (line->heard == NULL || (line->heard[client / WORD] & bit_of(client)) != 0)
            continue;
        line_settle(line, client);
        tally->due--;
    }
}

uint64_t tally_outstanding(struct tally *tally)
{
    if (!tally->somebody_left)
        return tally->due - tally->delivered;
    uint64_t outstanding = 0;
    tally_skip_closed(tally);
    for (size_t i = tally->first_open; i < tally->line_count; i++)
        for (size_t word = 0; tally->lines[i].heard != NULL && word < tally_words(tally); word++)
            outstanding +=
                (uint64_t)__builtin_popcountll(~(tally->lines[i].heard[word] | tally->away[word]));
    return outstanding;
}

uint32_t tally_speak(struct tally *tally, const struct said *said)
{
    if (tally->line_count == tally->line_room) {
        tally->line_room = tally->line_room == 0 ? 256 : 2 * tally->line_room;
        tally->lines = mem_resize(tally->lines, tally->line_room, sizeof *tally->lines);
    }
    struct tally_line *line = &tally->lines[tally->line_count];
    size_t word = said->speaker / WORD;
    bool inside = (tally->away[word] & bit_of(said->speaker)) == 0;
    *line = (struct tally_line){ .said = *said, .owed = tally->present - (inside ? 1 : 0) };
    if (line->owed > 0) {
        size_t size = tally_words(tally) * sizeof *line->heard;
        line->heard = mem_alloc(size);
        memcpy(line->heard, tally->away, size);
        line->heard[word] |= bit_of(said->speaker);
    }
    tally->due += line->owed;
    return (uint32_t)tally->line_count++;
}

void tally_hear(struct tally *tally, uint32_t client, uint32_t number, const struct said *said)
{
    if (number >= tally->line_count)
        return;
    struct tally_line *line = &tally->lines[number];
    if (line->said.speaker != said->speaker || line->said.size != said->size ||
        (said->task != TASK_NONE && line->said.task != said->task))
        return;
    size_t word = client / WORD;
    if (line->heard == NULL || (line->heard[word] & bit_of(client)) != 0) {
        tally->twice += number >= tally->from[client];
        return;
    }
    tally->delivered++;
    line_settle(line, client);
}
