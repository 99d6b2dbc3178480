/*
 * Rows by id. Ids are dense (they come from counters) but come in any order, so there is a place
 * for each and a sorted list of those that came.
 */
#include "timeline/run.h"

#include <stdlib.h>
#include <string.h>

bool id_fits(const struct id_table *table, uint32_t id)
{
    return id < IDS_SPARE || (id - IDS_SPARE) / IDS_EACH <= table->count;
}

uint32_t ids_below(const struct id_table *table, uint32_t id)
{
    uint32_t low = 0, count = table->count;
    if (count > 0 && table->ids[count - 1] < id)
        return count;
    while (count > 0) {
        uint32_t half = count / 2;
        if (table->ids[low + half] < id) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

bool id_add(struct id_table *table, uint32_t id, void *row)
{
    if (id >= table->by_id_size) {
        uint32_t size = table->by_id_size > 0 ? table->by_id_size : 8;
        while (size <= id)
            size *= 2;
        table->by_id = mem_resize(table->by_id, size, sizeof *table->by_id);
        memset(table->by_id + table->by_id_size, 0,
               (size - table->by_id_size) * sizeof *table->by_id);
        table->by_id_size = size;
    }
    table->by_id[id] = row;
    table->ids = grow(NULL, table->ids, &table->capacity, table->count, sizeof *table->ids);
    uint32_t place = ids_below(table, id);
    memmove(table->ids + place + 1, table->ids + place,
            (table->count - place) * sizeof *table->ids);
    table->ids[place] = id;
    table->count++;
    return place + 1 == table->count;
}

void id_fini(struct id_table *table, void (*free_row)(void *row))
{
    for (size_t i = 0; i < table->count; i++)
        free_row(id_nth(table, i));
    free(table->by_id);
    free(table->ids);
    *table = (struct id_table){ 0 };
}
