/*
 * A demo's steps, one after the other, on the clock of the driver. Invariant: what it does depends on
 * the script, that clock and what the screen shows, and on nothing else. Every step ends: one that
 * waits for something has a time after which the demo ends instead.
 *
 * Between two keys there is a little time, so that those who watch can see what each one does.
 */
#include "demo/perform.h"

#include "base/clock.h"
#include "base/memory.h"
#include "draw/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t between_keys_ns = 120 * NS_PER_MS, key_shown_ns = 700 * NS_PER_MS,
                      look_again_ns = 33 * NS_PER_MS;

struct demo {
    const struct demo_script *script;
    const char *name;
    size_t at;           /* the step that is done */
    uint32_t presses;    /* of it, up to now */
    const char *letters; /* TYPE: what is still to be typed, once begun */
    uint64_t now_ns;     /* its clock */
    uint64_t since_ns;   /* when the step began */
    uint64_t ready_ns;   /* nothing is done before */
    const char *caption;
    uint64_t caption_until_ns; /* 0: until the next */
    char pressed[16];          /* the key that is shown, or "" */
    uint64_t pressed_until_ns;
    char trouble[600];
};

struct demo *demo_new(const struct demo_script *script, const char *name)
{
    struct demo *demo = mem_zero(1, sizeof *demo);
    demo->script = script;
    demo->name = name;
    demo->caption = "";
    return demo;
}

void demo_free(struct demo *demo)
{
    free(demo);
}

uint64_t demo_at(const struct demo *demo)
{
    return demo->now_ns;
}

bool demo_performed(const struct demo *demo)
{
    return demo->at == demo->script->step_count;
}

const char *demo_trouble(const struct demo *demo)
{
    return demo->trouble[0] != '\0' ? demo->trouble : NULL;
}

/* ---- steps: each gives whether it is done ---- */

static void show(const struct demo *demo, struct ui *ui)
{
    ui_caption(ui, demo->caption, demo->pressed[0] != '\0' ? demo->pressed : NULL);
}

static void press(struct demo *demo, struct ui *ui, uint32_t key)
{
    demo->pressed_until_ns = demo->now_ns + key_shown_ns;
    demo->ready_ns = demo->now_ns + between_keys_ns;
    show(demo, ui);
    ui_press(ui, key);
}

static bool do_key(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    snprintf(demo->pressed, sizeof demo->pressed, "%s", step->text);
    press(demo, ui, step->key);
    return ++demo->presses == step->times;
}

static bool do_type(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    if (demo->letters == NULL)
        demo->letters = step->text;
    if (*demo->letters == '\0')
        return true;
    const char *letter = demo->letters;
    uint32_t key = utf8_next(&demo->letters);
    snprintf(demo->pressed, sizeof demo->pressed, "%.*s", (int)(demo->letters - letter), letter);
    press(demo, ui, key);
    return *demo->letters == '\0';
}

static bool do_wait(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    (void)ui;
    demo->ready_ns = demo->since_ns + step->ns;
    return demo->now_ns >= demo->ready_ns;
}

static bool do_caption(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    demo->caption = step->text;
    demo->caption_until_ns = step->ns > 0 ? demo->now_ns + step->ns : 0;
    show(demo, ui);
    return true;
}

static bool do_speed(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    demo->ready_ns = demo->now_ns + NS_PER_MS; /* the picture takes it over first */
    ui_set_speed(ui, step->speed);
    return true;
}

static bool do_end(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    (void)demo;
    (void)step;
    (void)ui;
    return true;
}

/* A shown run has passed a mark of the kind. */
static bool mark_came(const struct ui_seen *seen, unsigned kind)
{
    for (size_t run = 0; run < timeline_runs(seen->timeline); run++) {
        const struct mark *marks;
        size_t count = timeline_marks(seen->timeline, run, &marks);
        bool hidden = run < LOOK_MODELS_MAX && seen->look->hidden[run];
        for (size_t i = 0; i < count && !hidden; i++) {
            if ((unsigned)marks[i].kind == kind && marks[i].t <= seen->look->moment)
                return true;
        }
    }
    return false;
}

static bool came(const struct ui_seen *seen, const struct demo_step *step)
{
    switch (step->until) {
    case DEMO_UNTIL_LIVE:
        return seen->live;
    case DEMO_UNTIL_OVER:
        return seen->over;
    case DEMO_UNTIL_DONE:
        return seen->done;
    case DEMO_UNTIL_MARK:
        return seen->timeline != NULL && mark_came(seen, step->mark);
    case DEMO_UNTIL_MOMENT:
        return seen->timeline != NULL && seen->look->moment >= step->moment_ns;
    case DEMO_UNTIL_PAGE:
        return strcmp(seen->page, step->name) == 0;
    }
    return false;
}

static const char *until_words(const struct demo_step *step, char *text, size_t size)
{
    static const char *const words[] = { "live", "over", "done", "mark", "moment", "page" };
    const char *word = words[step->until];
    if (step->until == DEMO_UNTIL_MARK)
        snprintf(text, size, "%s %s", word, mark_word(step->mark));
    else if (step->until == DEMO_UNTIL_PAGE)
        snprintf(text, size, "%s %s", word, step->name);
    else if (step->until == DEMO_UNTIL_MOMENT)
        snprintf(text, size, "%s %.6gs", word, (double)step->moment_ns / NS_PER_S);
    else
        snprintf(text, size, "%s", word);
    return text;
}

static bool do_until(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    struct ui_seen seen;
    char words[80];
    ui_see(ui, &seen);
    if (came(&seen, step))
        return true;
    demo->ready_ns = demo->now_ns + look_again_ns;
    if (demo->now_ns - demo->since_ns < step->ns)
        return false;
    snprintf(demo->trouble, sizeof demo->trouble,
             "%s:%u: '%s' did not come within %.6gs; the demo ends here", demo->name, step->line,
             until_words(step, words, sizeof words), (double)step->ns / NS_PER_S);
    ui_leave(ui, 1);
    return false;
}

static bool do_step(struct demo *demo, const struct demo_step *step, struct ui *ui)
{
    static bool (*const doings[])(struct demo *, const struct demo_step *, struct ui *) = {
        [DEMO_KEY] = do_key,     [DEMO_TYPE] = do_type,       [DEMO_WAIT] = do_wait,
        [DEMO_UNTIL] = do_until, [DEMO_CAPTION] = do_caption, [DEMO_SPEED] = do_speed,
        [DEMO_END] = do_end,
    };
    return doings[step->what](demo, step, ui);
}

/* ---- a turn ---- */

/* What was shown for a time goes when that is over; gives when the next thing does. */
static uint64_t expire(struct demo *demo, struct ui *ui)
{
    uint64_t next = UINT64_MAX;
    if (demo->caption_until_ns != 0 && demo->now_ns >= demo->caption_until_ns) {
        demo->caption_until_ns = 0;
        demo->caption = "";
        show(demo, ui);
    }
    if (demo->pressed[0] != '\0' && demo->now_ns >= demo->pressed_until_ns) {
        demo->pressed[0] = '\0';
        show(demo, ui);
    }
    if (demo->caption_until_ns != 0)
        next = demo->caption_until_ns;
    if (demo->pressed[0] != '\0' && demo->pressed_until_ns < next)
        next = demo->pressed_until_ns;
    return next;
}

uint64_t demo_turn(struct demo *demo, struct ui *ui, uint64_t at_ns)
{
    const struct demo_script *script = demo->script;
    demo->now_ns = at_ns;
    while (demo->at < script->step_count && at_ns >= demo->ready_ns && demo->trouble[0] == '\0') {
        if (!do_step(demo, &script->steps[demo->at], ui))
            continue;
        demo->at++;
        demo->presses = 0;
        demo->letters = NULL;
        demo->since_ns = at_ns;
    }
    if (demo->at == script->step_count && at_ns >= demo->ready_ns)
        ui_leave(ui, 0);
    uint64_t next = expire(demo, ui);
    return demo->ready_ns < next ? demo->ready_ns : next;
}
