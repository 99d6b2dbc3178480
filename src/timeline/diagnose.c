/*
 * When a run is diagnosed, and what is kept of it.
 *
 * Invariant: of a run that is over the diagnoses are a function of its events alone, however they
 * were fed: once its end is seen they are asked again at each timeline_tell() after something of it
 * came. A run that goes on is asked each time it has become a quarter longer, so that all the asking costs
 * little more than the last.
 */
#include "timeline/diagnose_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "timeline/run.h"

enum { FIRST_NS = 100000000 };

static bool is_due(const struct run *run)
{
    const struct diagnoses *kept = &run->diagnoses;
    uint64_t length = run->now - run->go;
    if (!kept->asked)
        return run->over || length >= FIRST_NS;
    /* Within a feed (timeline_tell() follows) only when much has come: what comes after an end is
     * little, but for a hostile trace. */
    if (run->end != TIME_NEVER)
        return run->touched ? run->moments.count > kept->events + kept->events / 4
                            : run->moments.count != kept->events;
    /* Killed: its end was not seen. It is over when two looks find nothing new. */
    if (run->over && kept->seen == run->moments.count)
        return kept->events != run->moments.count;
    return length - kept->length > kept->length / 4;
}

static void ask(const struct timeline *timeline, size_t index, struct diagnoses *kept)
{
    struct symptoms *symptoms = mem_alloc(sizeof *symptoms);
    struct buffer text;
    buffer_init(&text);
    bool judged = symptoms_gather(symptoms, timeline, index);
    kept->count = 0;
    for (const struct diagnosis_row *row = diagnosis_rows; judged && row->name != NULL; row++) {
        if (kept->count == DIAGNOSES_MAX || !row->applies(symptoms))
            continue;
        if (kept->items == NULL)
            kept->items = mem_zero(DIAGNOSES_MAX, sizeof *kept->items);
        struct diagnosis *diagnosis = &kept->items[kept->count++];
        buffer_clear(&text);
        row->evidence(symptoms, &text);
        *diagnosis = (struct diagnosis){ .name = row->name, .advice = row->advice };
        diagnosis->t = row->moment(symptoms);
        snprintf(diagnosis->evidence, sizeof diagnosis->evidence, "%s", buffer_string(&text));
    }
    buffer_fini(&text);
    free(symptoms);
}

void diagnose_settle(struct timeline *timeline, size_t index)
{
    struct run *run = &timeline->runs[index];
    struct diagnoses *kept = &run->diagnoses;
    if (index >= timeline_runs(timeline) || run->go == TIME_NEVER)
        return;
    if (is_due(run)) {
        ask(timeline, index, kept);
        kept->asked = true;
        kept->length = run->now - run->go;
        kept->events = run->moments.count;
        run->marks.rows = UINT32_MAX; /* they are marks too */
    }
    if (!run->touched)
        kept->seen = run->moments.count;
}

void diagnose_forget(struct run *run)
{
    run->diagnoses.asked = false;
}

size_t timeline_diagnoses(const struct timeline *timeline, size_t run_index,
                          const struct diagnosis **diagnoses)
{
    const struct run *run = run_of(timeline, run_index);
    *diagnoses = run != NULL ? run->diagnoses.items : NULL;
    return run != NULL ? run->diagnoses.count : 0;
}
