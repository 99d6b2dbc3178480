/*
 * The Chrome trace JSON. Invariant: numbers are whole or have three decimals, never an exponent; all
 * text is escaped here.
 */
#include "output/chrome.h"

#include <string.h>

#include "output/escape.h"

static void put_us(FILE *into, const char *key, uint64_t ns)
{
    fprintf(into, ",\"%s\":%llu.%03llu", key, (unsigned long long)(ns / 1000),
            (unsigned long long)(ns % 1000));
}

/* Up to the key that is the event's own. */
static void begin_event(struct chrome *chrome, char phase, const char *name)
{
    fputs(chrome->began ? ",\n{\"name\":" : "{\"name\":", chrome->into);
    chrome->began = true;
    escape_json(chrome->into, name, strlen(name));
    fprintf(chrome->into, ",\"ph\":\"%c\"", phase);
}

static void put_place(struct chrome *chrome, struct chrome_place place)
{
    fprintf(chrome->into, ",\"pid\":%u,\"tid\":%u", place.pid, place.tid);
}

static void put_args(struct chrome *chrome, const char *args)
{
    if (args != NULL)
        fprintf(chrome->into, ",\"args\":{%s}", args);
}

void chrome_begin(struct chrome *chrome, FILE *into)
{
    *chrome = (struct chrome){ .into = into };
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", into);
}

void chrome_end(struct chrome *chrome)
{
    fputs("\n]}\n", chrome->into);
}

static void put_meta(struct chrome *chrome, struct chrome_place place, bool thread,
                     const char *name)
{
    begin_event(chrome, 'M', thread ? "thread_name" : "process_name");
    put_place(chrome, place);
    fputs(",\"args\":{\"name\":", chrome->into);
    escape_json(chrome->into, name, strlen(name));
    fputs("}}", chrome->into);
    begin_event(chrome, 'M', thread ? "thread_sort_index" : "process_sort_index");
    put_place(chrome, place);
    fprintf(chrome->into, ",\"args\":{\"sort_index\":%u}}", thread ? place.tid : place.pid);
}

void chrome_name_process(struct chrome *chrome, uint32_t pid, const char *name)
{
    put_meta(chrome, (struct chrome_place){ pid, 0 }, false, name);
}

void chrome_name_thread(struct chrome *chrome, struct chrome_place place, const char *name)
{
    put_meta(chrome, place, true, name);
}

void chrome_slice(struct chrome *chrome, struct chrome_place place, const char *name,
                  uint64_t start_ns, uint64_t end_ns, const char *args)
{
    begin_event(chrome, 'X', name);
    put_place(chrome, place);
    put_us(chrome->into, "ts", start_ns);
    put_us(chrome->into, "dur", end_ns - start_ns);
    put_args(chrome, args);
    fputc('}', chrome->into);
}

void chrome_counter(struct chrome *chrome, uint32_t pid, const char *name, uint64_t ns,
                    const char *args)
{
    begin_event(chrome, 'C', name);
    put_place(chrome, (struct chrome_place){ pid, 0 });
    put_us(chrome->into, "ts", ns);
    put_args(chrome, args);
    fputc('}', chrome->into);
}

void chrome_instant(struct chrome *chrome, uint32_t pid, const char *name, uint64_t ns)
{
    begin_event(chrome, 'i', name);
    put_place(chrome, (struct chrome_place){ pid, 0 });
    put_us(chrome->into, "ts", ns);
    fputs(",\"s\":\"p\"}", chrome->into);
}

void chrome_async(struct chrome *chrome, char phase, uint32_t pid, const char *name, uint64_t id,
                  uint64_t ns, const char *args)
{
    begin_event(chrome, phase, name);
    put_place(chrome, (struct chrome_place){ pid, 0 });
    fprintf(chrome->into, ",\"cat\":\"task\",\"id\":\"0x%llx\"", (unsigned long long)id);
    put_us(chrome->into, "ts", ns);
    put_args(chrome, args);
    fputc('}', chrome->into);
}

static void put_flow(struct chrome *chrome, char phase, const char *name, struct chrome_place place,
                     uint64_t ns)
{
    begin_event(chrome, phase, name);
    put_place(chrome, place);
    fprintf(chrome->into, ",\"cat\":\"flow\",\"id\":%llu", (unsigned long long)chrome->flows);
    put_us(chrome->into, "ts", ns);
    fputs(phase == 'f' ? ",\"bp\":\"e\"}" : "}", chrome->into);
}

void chrome_flow(struct chrome *chrome, const char *name, struct chrome_place from,
                 uint64_t from_ns, struct chrome_place to, uint64_t to_ns)
{
    chrome->flows++;
    put_flow(chrome, 's', name, from, from_ns);
    put_flow(chrome, 'f', name, to, to_ns);
}
