/*
 * A bytecode interpreter: instructions of four bytes over eight registers, fetched, decoded and
 * dispatched one by one, as the loop of a real one does. The program counts, hashes and looks things
 * up in a small table, and never ends; the caller says after how many instructions to leave.
 *
 * It deliberately allocates nothing and touches 4 KiB at most, so that many lanes do not fight for
 * caches where a real interpreter's hot loop would not.
 */
#include "engine/spin.h"

#include "base/clock.h"

enum { REGISTERS = 8, TABLE = 64 };

enum opcode { OP_ADD, OP_MULTIPLY, OP_XOR, OP_ROTATE, OP_STORE, OP_LOAD, OP_STEP, OP_LOOP };

struct instruction {
    uint8_t opcode, into, left, right;
};

static const struct instruction program[] = {
    { OP_LOAD, 2, 1, 0 },     { OP_ADD, 2, 2, 1 },  { OP_MULTIPLY, 3, 2, 7 },
    { OP_ROTATE, 3, 3, 23 },  { OP_XOR, 0, 0, 3 },  { OP_STORE, 0, 1, 0 },
    { OP_MULTIPLY, 4, 0, 7 }, { OP_XOR, 4, 4, 2 },  { OP_ROTATE, 5, 4, 11 },
    { OP_ADD, 0, 0, 5 },      { OP_STEP, 1, 1, 0 }, { OP_LOOP, 0, 0, 0 },
};

uint64_t spin_run(uint64_t instructions, uint64_t seed)
{
    uint64_t registers[REGISTERS] = { [0] = seed, [7] = UINT64_C(0x9e3779b97f4a7c15) };
    uint64_t table[TABLE] = { 0 };
    const struct instruction *at = program;
    for (uint64_t done = 0; done < instructions; done++) {
        const struct instruction *now = at++;
        uint64_t left = registers[now->left], right = registers[now->right % REGISTERS];
        switch ((enum opcode)now->opcode) {
        case OP_ADD:
            registers[now->into] = left + right;
            break;
        case OP_MULTIPLY:
            registers[now->into] = left * right;
            break;
        case OP_XOR:
            registers[now->into] = left ^ right;
            break;
        case OP_ROTATE:
            registers[now->into] = left << now->right | left >> (64 - now->right);
            break;
        case OP_STORE:
            table[left % TABLE] = registers[now->into];
            break;
        case OP_LOAD:
            registers[now->into] = table[left % TABLE];
            break;
        case OP_STEP:
            registers[now->into] = left + 1;
            break;
        case OP_LOOP:
            at = program;
            break;
        }
    }
    return registers[0];
}

/* What was computed has to be seen, or the compiler leaves it out. */
static void spin_keep(uint64_t value)
{
    __asm__ volatile("" : : "r"(value));
}

uint64_t spin_calibrate(void)
{
    enum { TRIALS = 12 };
    const uint64_t instructions = 400 * 1000;
    uint64_t best_ns = UINT64_MAX;
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        uint64_t before_ns = clock_now();
        spin_keep(spin_run(instructions, trial));
        uint64_t took_ns = clock_now() - before_ns;
        if (took_ns > 0 && took_ns < best_ns)
            best_ns = took_ns;
    }
    uint64_t per_ms = instructions * NS_PER_MS / best_ns;
    return per_ms > 0 ? per_ms : 1;
}

void spin_for_ns(const struct arena_header *header, uint64_t work_ns)
{
    uint64_t instructions = work_ns * header->spins_per_ms / NS_PER_MS;
    if (instructions > 0)
        spin_keep(spin_run(instructions, work_ns));
}
