/*
 * The program's entry. It knows no work of its own: it picks a subcommand and leaves with its
 * status.
 */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts("usage: lockstep --help | --version");
        return 0;
    }
    fputs("lockstep: this build knows --help and --version only\n", stderr);
    return 2;
}
