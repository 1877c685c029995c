fn main() { println!("{}", core::any::type_name::<sp1_sdk::SP1Stdin>()); }
