/*
 * A frame of so many by so many points of the Mandelbrot set, each followed for at most 300 turns.
 * Tasks are the frames of a zoom, so they do not cost the same.
 */
#include "engine/kernel.h"

#include "base/memory.h"

#include <stdlib.h>

enum { TURNS = 300, QUANTUM = 40000 /* turns */, FRAMES = 40 };

struct mandelbrot {
    uint64_t width, at;      /* points across; the next point */
    double left, top, pixel; /* the corner, and the distance of two points */
    uint64_t sum;
};

static void *mandelbrot_begin(void *state, const struct kernel_input *input)
{
    struct mandelbrot *m = state != NULL ? state : mem_alloc(sizeof *m);
    double across = 3.;
    for (uint32_t i = 0; i < input->task % FRAMES; i++)
        across *= 0.9;
    m->width = input->size;
    m->at = 0;
    m->left = -0.743643887037151 - across / 2.;
    m->top = 0.131825904205330 - across / 2.;
    m->pixel = m->width > 0 ? across / (double)m->width : 0.;
    m->sum = 0;
    return m;
}

static unsigned mandelbrot_point(double cx, double cy)
{
    double x = 0., y = 0., xx = 0., yy = 0.;
    unsigned turns = 0;
    for (; turns < TURNS && xx + yy <= 4.; turns++) {
        y = 2. * x * y + cy;
        x = xx - yy + cx;
        xx = x * x;
        yy = y * y;
    }
    return turns;
}

static bool mandelbrot_advance(void *state)
{
    struct mandelbrot *m = state;
    uint64_t points = m->width * m->width;
    for (unsigned turns = 0; m->at < points && turns < QUANTUM; m->at++) {
        double cx = m->left + (double)(m->at % m->width) * m->pixel;
        double cy = m->top + (double)(m->at / m->width) * m->pixel;
        unsigned taken = mandelbrot_point(cx, cy);
        m->sum = m->sum * 31 + taken;
        turns += taken;
    }
    return m->at < points;
}

static uint64_t mandelbrot_checksum(const void *state)
{
    return ((const struct mandelbrot *)state)->sum;
}

const struct kernel kernel_mandelbrot = {
    .name = "mandelbrot",
    .begin = mandelbrot_begin,
    .advance = mandelbrot_advance,
    .checksum = mandelbrot_checksum,
    .free = free,
};
