# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# One way to declare a module, a program, a test and a benchmark.

find_program(STATESCAPE_CCACHE ccache)
if(STATESCAPE_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${STATESCAPE_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${STATESCAPE_CCACHE})
endif()
find_program(STATESCAPE_MOLD mold)
if(STATESCAPE_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

add_library(statescape_flags INTERFACE)
target_include_directories(statescape_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(statescape_flags INTERFACE -Wall -Wextra -Wno-psabi)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # GCC 12 sees both where they are not: in std::string (bug 105651) and in Eigen's empty matrices.
    target_compile_options(statescape_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict;-Wno-maybe-uninitialized>)
endif()
target_compile_definitions(statescape_flags INTERFACE STATESCAPE_VERSION="${PROJECT_VERSION}")
if(STATESCAPE_WERROR)
    target_compile_options(statescape_flags INTERFACE -Werror)
endif()
if(STATESCAPE_SANITIZE)
    target_compile_options(statescape_flags INTERFACE -fsanitize=${STATESCAPE_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(statescape_flags INTERFACE -fsanitize=${STATESCAPE_SANITIZE})
endif()
if(STATESCAPE_FUZZ)
    # Undefined behaviour is a finding, not a line in a log.
    target_compile_options(statescape_flags INTERFACE -fno-sanitize-recover=all)
endif()

# statescape_library(name SOURCES ... DEPS ... [PRIVATE_DEPS ...])
#   makes static library statescape_<name> with alias Statescape::<name>.
function(statescape_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
    add_library(statescape_${name} STATIC ${arg_SOURCES})
    add_library(Statescape::${name} ALIAS statescape_${name})
    target_link_libraries(statescape_${name} PUBLIC statescape_flags ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
endfunction()

# statescape_test(name SOURCES ... DEPS ... [TIMEOUT s] [LABELS ...]): a Qt Test program, run offscreen.
function(statescape_test name)
    cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
    if(NOT STATESCAPE_TESTS)
        return()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE statescape_flags Qt6::Test ${arg_DEPS})
    target_compile_definitions(${name} PRIVATE
        STATESCAPE_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data" STATESCAPE_BIN="${CMAKE_BINARY_DIR}/bin"
        STATESCAPE_SOURCE="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen" LABELS "${arg_LABELS}")
endfunction()

# statescape_bench(name SOURCES ... DEPS ...): prints JSON rows for ./bench, see docs/bench.md.
function(statescape_bench name)
    cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
    if(NOT STATESCAPE_BENCH)
        return()
    endif()
    add_executable(${name} ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    target_link_libraries(${name} PRIVATE statescape_flags ${arg_DEPS})
endfunction()
