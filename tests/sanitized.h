/*
 * sanitized.h: what the sanitizers keep of memory beside the program's own, for tests that hold bounds of
 * memory.
 */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

/* The thread sanitizer keeps several bytes of its own for each byte that is touched; the address
 * sanitizer one for each eight that are mapped. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#elif __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
enum { TIMES_TOUCHED = 10, MAPPED_SHADOWS = 0 };
#elif defined(__SANITIZE_ADDRESS__)
enum { TIMES_TOUCHED = 1, MAPPED_SHADOWS = 1 };
#else
enum { TIMES_TOUCHED = 1, MAPPED_SHADOWS = 0 };
#endif

#endif
