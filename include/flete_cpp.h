/*
 * Gives flete.h C linkage in C++: included once it begins, included again it ends.
 * It is a file of its own because PHP's FFI, which reads flete.h as it is, can't read extern "C".
 */
#ifndef FLETE_CPP_OPEN
#define FLETE_CPP_OPEN
extern "C" {
#else
#undef FLETE_CPP_OPEN
}
#endif
