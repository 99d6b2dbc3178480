/*
 * Lanes and tasks in order. Invariant: outside [from, until) each place holds what belongs on its
 * side of that span, in no order. It keeps nothing between two moments: the order of a moment is a
 * function of the trace, however it was reached.
 */
#include "timeline/lane_order.h"

#include "timeline/run.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const lane_sort_names[LANE_SORT_COUNT] = { "name", "state", "wait", "cpu" };

/* What sorts first by state and by wait. A wait of the first class is for what another lane has. */
enum { WAIT_FOR_LANE = 1, WAIT_FOR_OTHER = 2, NO_WAIT = 3 };
static const struct {
    uint8_t rank, wait;
} lane_states[STATE_COUNT + 1] = {
    [STATE_RUN] = { 0, NO_WAIT },         [STATE_NATIVE] = { 1, NO_WAIT },
    [STATE_READY] = { 2, WAIT_FOR_LANE }, [STATE_GIL] = { 3, WAIT_FOR_LANE },
    [STATE_LOCK] = { 4, WAIT_FOR_LANE },  [STATE_IPC] = { 5, WAIT_FOR_OTHER },
    [STATE_IO] = { 6, WAIT_FOR_OTHER },   [STATE_OTHER] = { 7, WAIT_FOR_OTHER },
    [STATE_IDLE] = { 8, NO_WAIT },        [STATE_NONE] = { 9, NO_WAIT },
};
static const struct {
    uint8_t rank, wait;
    const char *key;
} task_states[TASK_STATE_COUNT] = {
    [TASK_STATE_RUNNING] = { 0, NO_WAIT, "running" },
    [TASK_STATE_DUE] = { 1, WAIT_FOR_LANE, "due" },
    [TASK_STATE_WAITING] = { 2, WAIT_FOR_OTHER, "waiting" },
    [TASK_STATE_QUEUED] = { 3, WAIT_FOR_LANE, "queued" },
    [TASK_STATE_FAILED] = { 4, NO_WAIT, "failed" },
    [TASK_STATE_DONE] = { 5, NO_WAIT, "done" },
    [TASK_STATE_NONE] = { 6, NO_WAIT, "" },
};

/* ---- sifting ---- */

static bool found_in(const char *text, const char *word, size_t length)
{
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, word, length) == 0)
            return true;
    }
    return false;
}

/* What a filter is held against. */
struct candidate {
    char name[16], task[16];
    const char *state;
};

static bool passes(const struct candidate *candidate, const char *filter)
{
    while (*filter != '\0') {
        filter += strspn(filter, " ");
        size_t length = strcspn(filter, " ");
        if (length == 0)
            break;
        bool is_task =
            strlen(candidate->task) == length && strncasecmp(candidate->task, filter, length) == 0;
        if (!is_task && !found_in(candidate->name, filter, length) &&
            strncasecmp(candidate->state, filter, length) != 0)
            return false;
        filter += length;
    }
    return true;
}

/* ---- keys ---- */

/* The moment that an order is made for. */
struct asked {
    const struct timeline *timeline;
    const struct run *run;
    size_t run_index;
    enum lane_sort sort;
    const char *filter; /* NULL: none */
    uint64_t t;
    bool states; /* they are needed */
};

static uint64_t state_key(enum lane_sort sort, unsigned rank, unsigned wait, uint64_t lasted)
{
    if (sort == LANE_SORT_STATE)
        return rank;
    if (wait == NO_WAIT)
        return UINT64_MAX;
    uint64_t most = UINT64_C(1) << 61;
    return (uint64_t)wait * most - (lasted < most ? lasted : most - 1);
}

/* CPU so far: on a core where switches are recorded, else in states that compute. */
static uint64_t cpu_key(const struct asked *asked, const struct lane_row *lane)
{
    struct segments_sum sum;
    lane_sum(asked->run, lane, asked->run->go, run_time(asked->run, asked->t), &sum);
    return UINT64_MAX - (asked->run->source == SOURCE_PERF
                             ? sum.ns[SUM_ON_CORE]
                             : sum.ns[STATE_RUN] + sum.ns[STATE_NATIVE]);
}

static bool place_lane(const struct asked *asked, const struct lane_row *lane, size_t index,
                       struct lane_place *place)
{
    struct lane_moment at = { .state = STATE_NONE };
    *place = (struct lane_place){ .name = lane_name_order(lane), .id = (uint32_t)index };
    if (asked->states)
        timeline_lane_at(asked->timeline, asked->run_index, index, asked->t, &at);
    place->state = at.state;
    if (asked->sort == LANE_SORT_CPU)
        place->key = cpu_key(asked, lane);
    else if (asked->sort != LANE_SORT_NAME)
        place->key = state_key(asked->sort, lane_states[at.state].rank, lane_states[at.state].wait,
                               asked->t > at.since_ns ? asked->t - at.since_ns : 0);
    if (asked->filter == NULL)
        return true;
    struct candidate candidate = { .state =
                                       at.state < STATE_COUNT ? state_rows[at.state].key : "" };
    lane_name((uint32_t)lane->role | lane->index << 8, candidate.name, sizeof candidate.name);
    if (at.state < STATE_COUNT && at.task != TASK_NONE)
        snprintf(candidate.task, sizeof candidate.task, "t%u", at.task);
    return passes(&candidate, asked->filter);
}

static bool place_task(const struct asked *asked, uint32_t task, struct lane_place *place)
{
    enum task_state state = TASK_STATE_NONE;
    uint64_t since = 0;
    *place = (struct lane_place){ .name = task, .id = task };
    if (asked->states)
        state = timeline_task_at(asked->timeline, asked->run_index, task, asked->t, &since);
    place->state = state;
    if (asked->sort == LANE_SORT_STATE || asked->sort == LANE_SORT_WAIT)
        place->key = state_key(asked->sort, task_states[state].rank, task_states[state].wait,
                               asked->t > since ? asked->t - since : 0);
    if (asked->filter == NULL)
        return true;
    struct candidate candidate = { .state = task_states[state].key };
    snprintf(candidate.name, sizeof candidate.name, "t%u", task);
    return passes(&candidate, asked->filter);
}

/* ---- making ---- */

/* By name alone, and the run has that order. */
static void make_named(struct lane_order *order, const struct run *run, enum lane_which which)
{
    bool workers = which == LANE_WHICH_WORKERS;
    order->named = run;
    order->first = workers ? run->names.mains : 0;
    order->all = order->count = workers ? run->names.workers : run->names.count;
    order->places = mem_alloc(order->count * sizeof *order->places);
}

void lane_order_make(struct lane_order *order, const struct timeline *timeline, size_t run_index,
                     enum lane_which which, enum lane_sort sort, const char *filter, uint64_t t,
                     bool stated)
{
    const struct run *run = run_of(timeline, run_index);
    if (filter != NULL && filter[strspn(filter, " ")] == '\0')
        filter = NULL;
    *order = (struct lane_order){ .tasks = which == LANE_WHICH_TASKS };
    order->stated = stated || filter != NULL || sort == LANE_SORT_STATE || sort == LANE_SORT_WAIT;
    if (run == NULL || run->go == TIME_NEVER)
        return;
    if (!order->tasks && sort == LANE_SORT_NAME && !order->stated &&
        run->names.count == run->lanes.count) {
        make_named(order, run, which);
        return;
    }
    const struct asked asked = { timeline, run, run_index, sort, filter, t, order->stated };
    size_t first = 0, end = order->tasks ? run->tasks.submitted.count : run->lanes.count;
    if (order->tasks && end > LANE_ORDER_TASKS)
        first = end - LANE_ORDER_TASKS;
    order->all = end;
    order->places = mem_alloc((end - first) * sizeof *order->places);
    for (size_t i = first; i < end; i++) {
        const struct lane_row *lane = order->tasks ? NULL : id_nth(&run->lanes, i);
        if (which == LANE_WHICH_WORKERS && !role_is_worker(lane->role)) {
            order->all--;
            continue;
        }
        if (order->tasks ? place_task(&asked, (uint32_t)i, &order->places[order->count])
                         : place_lane(&asked, lane, i, &order->places[order->count]))
            order->count++;
    }
}

void lane_order_free(struct lane_order *order)
{
    free(order->places);
    *order = (struct lane_order){ 0 };
}

/* ---- sorting ---- */

static bool before(const struct lane_place *a, const struct lane_place *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    return a->name != b->name ? a->name < b->name : a->id < b->id;
}

static void swap(struct lane_place *a, struct lane_place *b)
{
    struct lane_place kept = *a;
    *a = *b;
    *b = kept;
}

static void insertion_sort(struct lane_place *places, size_t low, size_t high)
{
    for (size_t i = low + 1; i < high; i++) {
        struct lane_place place = places[i];
        size_t at = i;
        for (; at > low && before(&place, &places[at - 1]); at--)
            places[at] = places[at - 1];
        places[at] = place;
    }
}

/* Splits [low, high) by the middle one of three: those before it, it, those after it. */
static size_t split(struct lane_place *places, size_t low, size_t high)
{
    size_t middle = low + (high - low) / 2, last = high - 1;
    if (before(&places[middle], &places[low]))
        swap(&places[middle], &places[low]);
    if (before(&places[last], &places[low]))
        swap(&places[last], &places[low]);
    if (before(&places[last], &places[middle]))
        swap(&places[last], &places[middle]);
    struct lane_place pivot = places[middle];
    size_t left = low, right = last;
    for (;;) {
        while (before(&places[left], &pivot))
            left++;
        while (before(&pivot, &places[right]))
            right--;
        if (left >= right)
            return left;
        swap(&places[left++], &places[right--]);
    }
}

/* A quicksort that leaves alone what does not reach into [from, until). */
static void sort_span(struct lane_place *places, size_t low, size_t high, size_t from, size_t until)
{
    enum { FEW = 12 };
    while (high - low > FEW && low < until && high > from) {
        size_t at = split(places, low, high);
        /* Each place is once in it, so that neither part is the whole. */
        sort_span(places, low, at, from, until);
        low = at;
    }
    if (low < until && high > from)
        insertion_sort(places, low, high);
}

static void name_span(struct lane_order *order, size_t from, size_t until)
{
    const struct run *run = order->named;
    for (size_t i = from; i < until; i++) {
        const struct lane_row *lane = id_find(&run->lanes, run->names.ids[order->first + i]);
        order->places[i] = (struct lane_place){ .name = lane_name_order(lane),
                                                .id = ids_below(&run->lanes, lane->id),
                                                .state = STATE_NONE };
    }
}

void lane_order_settle(struct lane_order *order, size_t from, size_t until)
{
    until = until < order->count ? until : order->count;
    from = from < until ? from : until;
    if (from == until || (from >= order->from && until <= order->until))
        return;
    if (order->named != NULL)
        name_span(order, from, until);
    else
        sort_span(order->places, 0, order->count, from, until);
    order->from = from;
    order->until = until;
}

size_t lane_order_find(const struct lane_order *order, uint32_t id)
{
    if (order->named != NULL) {
        const struct lane_row *lane = id_nth(&order->named->lanes, id);
        size_t at = lane != NULL ? lane_names_below(order->named, lane) : 0;
        return lane != NULL && at >= order->first && at - order->first < order->count
                   ? at - order->first
                   : SIZE_MAX;
    }
    const struct lane_place *place = NULL;
    for (size_t i = 0; i < order->count && place == NULL; i++) {
        if (order->places[i].id == id)
            place = &order->places[i];
    }
    if (place == NULL)
        return SIZE_MAX;
    size_t at = 0;
    for (size_t i = 0; i < order->count; i++)
        at += before(&order->places[i], place);
    return at;
}
