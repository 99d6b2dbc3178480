/*
 * Which lanes and tasks a column lists, and in which order: what was typed after '/' and the order that
 * was chosen hold here as on the detail screen. Lanes come first, then the tasks of a loop.
 *
 * Tasks in the order of their ids, which nobody sifts, are only counted: there may be a million.
 */
#include "view/column.h"

#include <string.h>

static bool sifts(const struct look *look)
{
    return look->filter != NULL && look->filter[strspn(look->filter, " ")] != '\0';
}

/* By CPU, too: a task has none of its own. */
static bool tasks_as_they_came(const struct look *look)
{
    return !sifts(look) && (look->sort == LANE_SORT_NAME || look->sort == LANE_SORT_CPU);
}

void lane_list_make(struct lane_list *list, const struct timeline *timeline,
                    const struct look *look, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    uint64_t moment = look->moment < brief.length_ns ? look->moment : brief.length_ns;
    *list = (struct lane_list){ 0 };
    lane_order_make(&list->lanes, timeline, run, LANE_WHICH_WORKERS, look->sort, look->filter,
                    moment, false);
    list->lane_count = list->lanes.count;
    if (!brief.has_task_rows || look->presenter)
        return;
    list->numbered = tasks_as_they_came(look);
    if (!list->numbered)
        lane_order_make(&list->tasks, timeline, run, LANE_WHICH_TASKS, look->sort, look->filter,
                        moment, false);
    list->task_count = list->numbered ? brief.tasks : list->tasks.count;
    list->all_tasks = brief.tasks;
}

void lane_list_free(struct lane_list *list)
{
    lane_order_free(&list->lanes);
    lane_order_free(&list->tasks);
}

void lane_list_settle(struct lane_list *list, size_t from, size_t until)
{
    size_t lanes = list->lane_count;
    if (from < lanes)
        lane_order_settle(&list->lanes, from, until < lanes ? until : lanes);
    if (until > lanes && !list->numbered)
        lane_order_settle(&list->tasks, from > lanes ? from - lanes : 0, until - lanes);
}

struct detail_thing lane_list_at(struct lane_list *list, size_t nth)
{
    lane_list_settle(list, nth, nth + 1);
    if (nth < list->lane_count)
        return (struct detail_thing){ DETAIL_LANE, list->lanes.places[nth].id };
    nth -= list->lane_count;
    return (struct detail_thing){ DETAIL_TASK,
                                  list->numbered ? (uint32_t)nth : list->tasks.places[nth].id };
}

size_t lane_list_find(const struct lane_list *list, struct detail_thing thing)
{
    if (thing.kind == DETAIL_LANE)
        return lane_order_find(&list->lanes, thing.id);
    size_t at = thing.id < list->task_count ? thing.id : SIZE_MAX;
    if (!list->numbered)
        at = lane_order_find(&list->tasks, thing.id);
    return at == SIZE_MAX ? SIZE_MAX : list->lane_count + at;
}

/* ---- how many there are, sifted out or not ---- */

size_t column_lane_count(const struct timeline *timeline, size_t run)
{
    struct run_brief brief;
    timeline_run(timeline, run, &brief);
    return brief.worker_lanes + (brief.has_task_rows ? brief.tasks : 0);
}
