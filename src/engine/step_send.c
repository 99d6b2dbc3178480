/*
 * `send`: makes a result of the asked size, which the model hands to the collector in its own way
 * when the task is over. The bytes are made here, by real work under the GIL, the same for the same
 * task in every model; what it costs to hand them over is the model's, and is seen there.
 */
#include "engine/step_rows.h"

#include "engine/mix.h"
#include "engine/stage.h"

#include <string.h>

/* What is made between two looks at the GIL: some 30 us. */
enum { PIECE = 64 * 1024 };

static bool send_run(struct lane *lane, struct task *task, const struct plan_step *step)
{
    size_t size = (size_t)step_value(lane, step, SEND_SIZE);
    uint64_t seed = mix_pair(lane->stage->arena.header->seed, task->id);
    buffer_clear(&task->sent);
    char *into = buffer_reserve(&task->sent, size);
    uint64_t sum = 0;
    for (size_t at = 0; at < size; at += PIECE) {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        for (size_t i = 0; i < piece; i += sizeof(uint64_t)) {
            uint64_t word = mix_next(&seed);
            size_t left = piece - i;
            memcpy(into + at + i, &word, left < sizeof word ? left : sizeof word);
            sum = sum * 31 + word;
        }
        lane_check(lane);
        if (lane_should_stop(lane))
            return false;
    }
    buffer_grew(&task->sent, size);
    task->figure = size;
    task_mix(task, sum);
    return true;
}

const struct step_row step_send = {
    .name = "send",
    .run = send_run,
};
