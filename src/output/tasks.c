/*
 * One pass over the events. Kept meanwhile: one byte a task (whether it is open), and what is in the
 * queues. A push and the pop of the same task can come in either order, since who pushed may lose
 * its core before its event is stored; the arrow is written when both are known.
 */
#include "output/tasks.h"

#include <search.h>
#include <stdlib.h>

#include "base/memory.h"

enum { TASKS_MOST = 1 << 28, PAGE = 4096, PAGES = TASKS_MOST / PAGE, LOOK_EVERY = 4096 };

enum { UNSEEN, OPEN, ENDED };

struct passage { /* into or out of a queue */
    uint32_t queue;
    uint64_t task;
    uint32_t lane;
    uint64_t ns;
    bool push;
};
struct of_run {
    /* UNSEEN, OPEN, ENDED, by task: PAGES pages, each there once a task of it was seen, so that a
     * stranger's ids take no more than there are events. NULL: no task was. */
    uint8_t **pages;
    void *passages; /* of tsearch */
};
struct pass {
    const struct output_options *options;
    struct chrome *chrome;
    struct of_run runs[META_RUNS_MAX];
};

struct chrome_place tasks_lane_place(size_t run, uint32_t lane)
{
    enum { LANES = 2000000 }; /* after cores and GILs, whose numbers are smaller */
    return (struct chrome_place){ (uint32_t)run + 1, LANES + lane };
}

/* ---- tasks ---- */

static uint8_t *task_of(struct of_run *run, uint32_t task)
{
    if (task >= TASKS_MOST)
        return NULL; /* no id that a stage gives */
    if (run->pages == NULL)
        run->pages = mem_zero(PAGES, sizeof *run->pages);
    uint8_t **page = &run->pages[task / PAGE];
    if (*page == NULL)
        *page = mem_zero(PAGE, 1); /* UNSEEN */
    return &(*page)[task % PAGE];
}

static uint64_t task_id(size_t run, uint32_t task)
{
    return (uint64_t)(run + 1) << 32 | task;
}

static void begin_task(struct pass *pass, const struct event *event)
{
    uint8_t *state = task_of(&pass->runs[event->run], event->object);
    if (state == NULL || *state != UNSEEN)
        return;
    char args[40];
    *state = OPEN;
    snprintf(args, sizeof args, "\"task\":%u", event->object);
    chrome_async(pass->chrome, 'b', event->run + 1u, "task", task_id(event->run, event->object),
                 event->time, args);
}

static void end_task(struct pass *pass, size_t run, uint32_t task, uint64_t ns, const char *how)
{
    char args[40];
    snprintf(args, sizeof args, "\"end\":\"%s\"", how);
    *task_of(&pass->runs[run], task) = ENDED;
    chrome_async(pass->chrome, 'e', (uint32_t)run + 1, "task", task_id(run, task), ns, args);
}

/* One whose beginning is not in the span begins with it. */
static void see_end(struct pass *pass, const struct event *event)
{
    begin_task(pass, &(struct event){ .time = pass->options->from_ns,
                                      .run = event->run,
                                      .object = event->object });
    uint8_t *state = task_of(&pass->runs[event->run], event->object);
    if (state != NULL && *state == OPEN)
        end_task(pass, event->run, event->object, event->time,
                 event->kind == EVENT_TASK_DONE ? "done" : "failed");
}

static void end_open_tasks(struct pass *pass)
{
    uint64_t until = output_until(pass->options);
    for (size_t run = 0; run < timeline_runs(pass->options->timelines[0]); run++) {
        struct run_brief brief;
        timeline_run(pass->options->timelines[0], run, &brief);
        uint64_t end = brief.length_ns < until ? brief.length_ns : until;
        uint8_t **pages = pass->runs[run].pages;
        for (uint32_t task = 0; pages != NULL && task < TASKS_MOST; task++) {
            if (pages[task / PAGE] == NULL)
                task += PAGE - 1; /* it begins one */
            else if (pages[task / PAGE][task % PAGE] == OPEN)
                end_task(pass, run, task, end, "open");
        }
    }
}

/* ---- queues ---- */

static int compare(const void *a, const void *b)
{
    const struct passage *left = a, *right = b;
    if (left->queue != right->queue)
        return left->queue < right->queue ? -1 : 1;
    return (left->task > right->task) - (left->task < right->task);
}

bool tasks_lane_drawn(const struct output_options *options, size_t run, uint32_t lane, uint64_t ns)
{
    size_t index;
    struct lane_moment moment;
    if (ns < options->from_ns || ns >= output_until(options) ||
        !timeline_lane_index(options->timelines[0], run, lane, &index))
        return false;
    timeline_lane_at(options->timelines[0], run, index, ns, &moment);
    return moment.state != STATE_NONE && moment.until_ns > ns;
}

static void draw_passage(struct pass *pass, size_t run, const struct passage *push,
                         const struct passage *pop)
{
    if (push->lane == pop->lane || pop->ns < push->ns ||
        !tasks_lane_drawn(pass->options, run, push->lane, push->ns) ||
        !tasks_lane_drawn(pass->options, run, pop->lane, pop->ns))
        return;
    chrome_flow(pass->chrome, "queue", tasks_lane_place(run, push->lane), push->ns,
                tasks_lane_place(run, pop->lane), pop->ns);
}

static void see_passage(struct pass *pass, const struct event *event)
{
    struct of_run *run = &pass->runs[event->run];
    char name[32], args[32];
    snprintf(name, sizeof name, "queue %u", event->object);
    snprintf(args, sizeof args, "\"depth\":%u", event->a);
    chrome_counter(pass->chrome, event->run + 1u, name, event->time, args);
    struct passage *passage = mem_zero(1, sizeof *passage);
    *passage = (struct passage){ event->object, event->b, event->lane, event->time,
                                 event->kind == EVENT_QUEUE_PUSH };
    struct passage **found = (struct passage **)tsearch(passage, &run->passages, compare);
    if (found == NULL)
        memory_stop("no memory for what is in a queue");
    struct passage *other = *found;
    if (other == passage)
        return;
    if (other->push == passage->push) { /* again: the youngest counts */
        *other = *passage;
        free(passage);
        return;
    }
    draw_passage(pass, event->run, passage->push ? passage : other,
                 passage->push ? other : passage);
    tdelete(other, &run->passages, compare);
    free(other);
    free(passage);
}

/* ---- counters ---- */

static void see_memory(struct pass *pass, const struct event *event)
{
    static const char *const names[] = { "memory RSS", "memory PSS", "memory kernel (estimate)" };
    char args[40];
    if (event->object >= sizeof names / sizeof *names)
        return;
    snprintf(args, sizeof args, "\"KiB\":%llu", (unsigned long long)event->b);
    chrome_counter(pass->chrome, event->run + 1u, names[event->object], event->time, args);
}

/* Where tasks wait in no queue, how many do. */
static void see_waiting(struct pass *pass, const struct event *event)
{
    struct run_brief brief;
    struct task_counts counts;
    char args[40];
    timeline_run(pass->options->timelines[0], event->run, &brief);
    if (brief.queues > 0)
        return;
    timeline_counts(pass->options->timelines[0], event->run, event->time, &counts);
    snprintf(args, sizeof args, "\"tasks\":%llu", (unsigned long long)counts.waiting);
    chrome_counter(pass->chrome, event->run + 1u, "tasks waiting", event->time, args);
}

static void see(struct pass *pass, const struct event *event)
{
    switch (event->kind) {
    case EVENT_TASK_SUBMIT:
        begin_task(pass, event);
        see_waiting(pass, event);
        break;
    case EVENT_TASK_TAKE:
        see_waiting(pass, event);
        break;
    case EVENT_TASK_DONE:
    case EVENT_TASK_FAIL:
        see_end(pass, event);
        break;
    case EVENT_QUEUE_PUSH:
    case EVENT_QUEUE_POP:
        see_passage(pass, event);
        break;
    case EVENT_SAMPLE_MEMORY:
        see_memory(pass, event);
        break;
    default:
        break;
    }
}

bool tasks_write(const struct output_options *options, struct chrome *chrome, struct error *error)
{
    struct pass *pass = mem_zero(1, sizeof *pass);
    struct output_walk walk = { 0 };
    struct event event;
    pass->options = options;
    pass->chrome = chrome;
    uint64_t all = output_events(options->timelines[0]);
    bool well = true;
    while (well && output_next_event(options, &walk, &event, error)) {
        see(pass, &event);
        if (walk.done % LOOK_EVERY == 0)
            well = output_goes_on(options, chrome->into, all + walk.done, 2 * all, error);
    }
    well = well && error->text[0] == '\0';
    end_open_tasks(pass);
    for (size_t run = 0; run < META_RUNS_MAX; run++) {
        for (size_t page = 0; pass->runs[run].pages != NULL && page < PAGES; page++)
            free(pass->runs[run].pages[page]);
        free(pass->runs[run].pages);
        tdestroy(pass->runs[run].passages, free);
    }
    free(pass);
    return well;
}
