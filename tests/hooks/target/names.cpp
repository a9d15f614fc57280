// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Functions of C++ to be found by the names people give them.
#define KEEP __attribute__((noinline, noclone, used))

namespace hook_names {
KEEP int overloaded(int x)
{
    asm volatile("" : "+r"(x));
    return x + 1;
}
KEEP int overloaded(long x)
{
    asm volatile("" : "+r"(x));
    return static_cast<int>(x) + 2;
}
template <class T>
class Box {
public:
    KEEP int open(T x)
    {
        asm volatile("" : "+r"(x));
        return static_cast<int>(x) + 3;
    }
};
template class Box<int>;
namespace {
KEEP int hidden(int x)
{
    asm volatile("" : "+r"(x));
    return x + 4;
}
} // namespace
} // namespace hook_names

int main(int argc, char **)
{
    hook_names::Box<int> box;
    return box.open(argc) + hook_names::overloaded(argc) + hook_names::overloaded(long{argc}) +
                       hook_names::hidden(argc) >
                   0
               ? 0
               : 1;
}
