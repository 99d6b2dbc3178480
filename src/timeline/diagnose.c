/*
 * When a run is diagnosed, and what is kept of it.
 *
 * Invariant: of a run that is over the diagnoses are a function of its events alone, however they
 * were fed: once its end is seen they are asked again at each timeline_tell() after something of it
 * came. A run that goes on is asked each time it has become a quarter longer, so that all the asking costs
 * little more than the last; where it has thousands of lanes that is done in pieces, one at a time.
 */
#include "timeline/diagnose_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "timeline/run.h"

/* A look at a lane takes longer where the rows are long: twice as long where the run has so many events. */
enum { FIRST_NS = 100000000, LOOKS_AT_ONCE = 512, EVENTS_LONG = 4000000 };

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

/* ---- asking, piece by piece ---- */

struct diagnosing {
    struct symptoms symptoms;
    const struct diagnosis_row *row; /* the next one */
    struct diagnosis found[DIAGNOSES_MAX];
    uint32_t count;
};

static void diagnosing_free(struct diagnoses *kept)
{
    if (kept->diagnosing != NULL)
        symptoms_fini(&kept->diagnosing->symptoms);
    free(kept->diagnosing);
    kept->diagnosing = NULL;
}

static void look_at_row(struct diagnosing *d, size_t *room)
{
    const struct diagnosis_row *row = d->row++;
    if (d->count == DIAGNOSES_MAX || !row->applies(&d->symptoms))
        return;
    symptoms_spend(room, SYMPTOM_MOMENT_COSTS);
    struct buffer text;
    buffer_init(&text);
    row->evidence(&d->symptoms, &text);
    struct diagnosis *diagnosis = &d->found[d->count++];
    *diagnosis = (struct diagnosis){ .name = row->name, .advice = row->advice };
    diagnosis->t = row->moment(&d->symptoms);
    snprintf(diagnosis->evidence, sizeof diagnosis->evidence, "%s", buffer_string(&text));
    buffer_fini(&text);
}

static void keep(struct run *run, struct diagnoses *kept)
{
    const struct diagnosing *d = kept->diagnosing;
    if (kept->items == NULL && d->count > 0)
        kept->items = mem_zero(DIAGNOSES_MAX, sizeof *kept->items);
    for (uint32_t i = 0; i < d->count; i++)
        kept->items[i] = d->found[i];
    kept->count = d->count;
    run->marks.rows = UINT32_MAX; /* they are marks too */
}

static void begin(struct timeline *timeline, size_t index, struct diagnoses *kept)
{
    const struct run *run = &timeline->runs[index];
    diagnosing_free(kept);
    struct diagnosing *d = kept->diagnosing = mem_zero(1, sizeof *d);
    d->row = diagnosis_rows;
    if (!symptoms_begin(&d->symptoms, timeline, index))
        while (d->row->name != NULL)
            d->row++; /* nothing is wrong with it yet */
    kept->asked = true;
    kept->length = run->now - run->go;
    kept->events = run->moments.count;
}

/* Some of it: of a run that goes on about LOOKS_AT_ONCE looks at a lane. */
static void go_on(struct run *run, struct diagnoses *kept)
{
    struct diagnosing *d = kept->diagnosing;
    size_t room = SIZE_MAX;
    if (!run->over)
        room = LOOKS_AT_ONCE / (1 + run->moments.count / EVENTS_LONG) + 1;
    if (d->row->name != NULL && symptoms_look(&d->symptoms, &room))
        return;
    while (d->row->name != NULL && room > 0)
        look_at_row(d, &room);
    if (d->row->name != NULL)
        return;
    keep(run, kept);
    diagnosing_free(kept);
}

void diagnose_settle(struct timeline *timeline, size_t index)
{
    struct run *run = &timeline->runs[index];
    struct diagnoses *kept = &run->diagnoses;
    if (index >= timeline_runs(timeline) || run->go == TIME_NEVER)
        return;
    /* Its end overtakes what is asked while it goes on. */
    if ((kept->diagnosing == NULL || run->over) && is_due(run))
        begin(timeline, index, kept);
    /* Of one that goes on once in a timeline_tell(), which follows many feeds. */
    if (kept->diagnosing != NULL && (run->over || !run->touched))
        go_on(run, kept);
    if (!run->touched)
        kept->seen = run->moments.count;
}

void diagnose_forget(struct run *run)
{
    run->diagnoses.asked = false;
    diagnosing_free(&run->diagnoses);
}

size_t timeline_diagnoses(const struct timeline *timeline, size_t run_index,
                          const struct diagnosis **diagnoses)
{
    const struct run *run = run_of(timeline, run_index);
    *diagnoses = run != NULL ? run->diagnoses.items : NULL;
    return run != NULL ? run->diagnoses.count : 0;
}

void diagnoses_fini(struct diagnoses *kept)
{
    diagnosing_free(kept);
    free(kept->items);
}
