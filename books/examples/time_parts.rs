#![allow(clippy::all, clippy::pedantic, clippy::restriction, clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]
use std::time::Instant;
use std::io::Read;
use calamine::Reader;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let bytes = std::fs::read(path).unwrap();
    for _ in 0..3 {
        let t = Instant::now();
        let mut z = zip::ZipArchive::new(std::io::Cursor::new(&bytes[..])).unwrap();
        let mut buf = vec![0u8; 65536]; let mut n = 0;
        for i in 0..z.len() { let mut p = z.by_index(i).unwrap(); loop { let k = p.read(&mut buf).unwrap(); if k == 0 {break} n += k; } }
        println!("inflate {n} {:?}", t.elapsed());
        let t = Instant::now();
        let mut wb: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(&bytes[..])).unwrap();
        println!("open {:?}", t.elapsed());
        let names = wb.sheet_names();
        let t = Instant::now();
        let mut r = wb.worksheet_cells_reader(&names[0]).unwrap(); let mut n=0;
        while let Some(c) = r.next_cell().unwrap() { if !matches!(c.get_value(), calamine::DataRef::Empty) {n += 1;} }
        println!("cells {n} {:?}", t.elapsed());
        drop(r);
        let t = Instant::now();
        let m = wb.merge_cells_by_sheet_name(&names[0]).unwrap();
        println!("merges {} {:?}", m.len(), t.elapsed());
        let t = Instant::now();
        let m = wb.worksheet_range(&names[0]).unwrap();
        println!("range {:?} {:?}", m.get_size(), t.elapsed());
    }
}
