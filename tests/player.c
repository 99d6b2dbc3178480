/*
 * The reader of asciicasts. Invariant: an event is looked at once and done once, in the file's order.
 */
#include "player.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The next line, without its end; NULL: there is none yet. Heap. */
static char *next_line(struct player *player)
{
    if (player->read == player->size)
        return NULL;
    const char *line = player->text + player->read;
    const char *end = memchr(line, '\n', player->size - player->read);
    ck_assert_msg(end != NULL, "the last line has no end");
    for (const char *byte = line; byte < end; byte++)
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
            ck_abort_msg("a control character is bare");
    player->read += (size_t)(end - line) + 1;
    return strndup(line, (size_t)(end - line));
}

static void check_colour(const char *text)
{
    ck_assert_msg(text[0] == '#' && strspn(text + 1, "0123456789abcdef") >= 6, "%s", text);
}

static void check_theme(const json_t *theme)
{
    if (theme == NULL)
        return;
    const char *palette = json_string_value(json_object_get(theme, "palette"));
    check_colour(json_string_value(json_object_get(theme, "fg")));
    check_colour(json_string_value(json_object_get(theme, "bg")));
    ck_assert_uint_eq(strlen(palette), 16 * 8 - 1);
    for (int i = 0; i < 16; i++) {
        check_colour(palette + 8 * i);
        ck_assert(palette[8 * i + 7] == (i < 15 ? ':' : '\0'));
    }
}

void player_begin(struct player *player)
{
    char *line = next_line(player);
    ck_assert_ptr_nonnull(line);
    json_t *header = player->header = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(header);
    free(line);
    player->version = (int)json_integer_value(json_object_get(header, "version"));
    ck_assert(player->version == 2 || player->version == 3);
    bool third = player->version == 3;
    const json_t *term = third ? json_object_get(header, "term") : header;
    player->cols = (int)json_integer_value(json_object_get(term, third ? "cols" : "width"));
    player->rows = (int)json_integer_value(json_object_get(term, third ? "rows" : "height"));
    ck_assert(player->cols > 0 && player->rows > 0);
    static const char *const not_in_3[] = { "width", "height", "duration", "theme" };
    for (size_t i = 0; third && i < sizeof not_in_3 / sizeof *not_in_3; i++)
        ck_assert_ptr_null(json_object_get(header, not_in_3[i]));
    ck_assert_ptr_null(json_object_get(header, "timestamp")); /* the same bytes each time */
    check_theme(json_object_get(term, "theme"));
    player->vterm = vterm_new(player->rows, player->cols);
    vterm_set_utf8(player->vterm, 1);
    player->screen = vterm_obtain_screen(player->vterm);
    vterm_screen_reset(player->screen, 1);
}

bool player_peek(struct player *player)
{
    if (player->next.code != 0)
        return true;
    char *line = next_line(player);
    if (line == NULL)
        return false;
    json_error_t error;
    json_t *array = json_loads(line, JSON_ALLOW_NUL, &error); /* refuses what is no UTF-8 */
    ck_assert_msg(array != NULL, "%s", error.text);
    ck_assert_uint_eq(json_array_size(array), 3);
    double time = json_number_value(json_array_get(array, 0));
    const char *code = json_string_value(json_array_get(array, 1));
    const json_t *data = json_array_get(array, 2);
    ck_assert(strlen(code) == 1 && json_is_string(data));
    ck_assert_msg(strchr(player->version == 3 ? "omrx" : "omr", code[0]) != NULL, "%s", code);
    ck_assert_uint_eq(strspn(strchr(line, '.') + 1, "0123456789"), player->version == 3 ? 3 : 6);
    ck_assert(time >= (player->version == 3 ? 0 : player->at));
    player->at = player->version == 3 ? player->at + time : time;
    player->next = (struct happening){ player->at, code[0], json_string_value(data),
                                       json_string_length(data), array };
    free(line);
    return true;
}

void player_play(struct player *player)
{
    struct happening *event = &player->next;
    if (event->code == 'o') {
        vterm_input_write(player->vterm, event->data, event->size);
        player->outputs++;
    } else if (event->code == 'r') {
        ck_assert_int_eq(sscanf(event->data, "%dx%d", &player->cols, &player->rows), 2);
        vterm_set_size(player->vterm, player->rows, player->cols);
    } else if (event->code == 'm') {
        player->markers++;
    } else {
        ck_assert_str_eq(event->data, "0");
    }
    json_decref(event->owner);
    event->code = 0;
}

double player_grain(const struct player *player)
{
    return player->version == 3 ? 0.000501 : 0.000001;
}

void player_end(struct player *player)
{
    ck_assert_uint_eq(player->read, player->size);
    vterm_free(player->vterm);
    json_decref(player->header);
    free(player->text);
}
